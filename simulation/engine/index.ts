export type { EngineDiagnostic, Step } from "./events.ts";
export { type InstalledPlugin, installSimulatedPlugins } from "./plugins.ts";
export {
  type DeploymentResult,
  openWorkspace,
  type StackExport,
  type StateResource,
  type Workspace,
  type WorkspaceOptions,
} from "./workspace.ts";
export type { WorldEditor } from "./world-editor.ts";
