export type { AksSettings } from "./aks.ts";
export type { LocalSettings } from "./local.ts";
export { parseSettings, type Settings, SettingsError } from "./settings.ts";
