export { type AksSettings, directorTarget, serviceName } from "./aks.ts";
export { type AwsSettings, healthPort, loadBalancerPorts } from "./aws.ts";
export type { CiliumSettings } from "./cilium.ts";
export type { DigitalOceanSettings } from "./digitalocean.ts";
export { directorConfig } from "./director.ts";
export type { LocalSettings } from "./local.ts";
export type { MetalLbSettings } from "./metallb.ts";
export { parseSettings, type Settings, SettingsError } from "./settings.ts";
export type { TraefikSettings } from "./traefik.ts";
