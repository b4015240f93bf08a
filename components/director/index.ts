export type { DirectorConfigArgs } from "./config.ts";
export type { DirectorMonitoringArgs } from "./monitoring.ts";
export type { DirectorResourcesArgs } from "./pod.ts";
export { UdpDirector } from "./udp-director.ts";
export type { DirectorVolumeArgs, UdpDirectorArgs } from "./udp-director-args.ts";
export { ValkeyStore, type ValkeyStoreArgs } from "./valkey.ts";
