export { type Endpoint, type EndpointPort, Exposure, Protocol } from "../endpoint/index.ts";
export type { DirectoryEntryArgs, DirectoryHealthArgs, EndpointDirectoryArgs } from "./args.ts";
export { EndpointDirectory } from "./endpoint-directory.ts";
