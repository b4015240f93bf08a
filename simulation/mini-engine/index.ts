export { type PreviewOptions, type PreviewResult, preview } from "./preview.ts";
export type { Diagnostic, PreviewedResource } from "./previewed.ts";
export { isSecret, plain } from "./wire.ts";
