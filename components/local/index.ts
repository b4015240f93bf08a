export { LocalEchoBackend, type LocalEchoBackendArgs } from "./local-echo-backend.ts";
export {
  LocalEndpointDirectory,
  type LocalEndpointDirectoryArgs,
} from "./local-endpoint-directory.ts";
export {
  type HealthCheck,
  type ListenPort,
  LocalProcess,
  type LocalProcessArgs,
} from "./local-process.ts";
export {
  type LocalPort,
  LocalUdpDirector,
  type LocalUdpDirectorArgs,
} from "./local-udp-director.ts";
export type { LocalWorkloadArgs } from "./workload-process.ts";
