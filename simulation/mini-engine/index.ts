export {
  type Diagnostic,
  type PreviewedResource,
  type PreviewOptions,
  type PreviewResult,
  preview,
} from "./preview.ts";
export { isSecret, plain } from "./wire.ts";
