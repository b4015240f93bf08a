export type { DirectorConfigArgs } from "./config.ts";
export type { DirectorResourcesArgs } from "./pod.ts";
export { UdpDirector } from "./udp-director.ts";
export type { UdpDirectorArgs } from "./udp-director-args.ts";
