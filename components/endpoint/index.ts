export type { Endpoint, EndpointPort, HasEndpoint } from "./endpoint.ts";
export type { Port, PortArgs } from "./ports.ts";
export { resolvePorts } from "./ports.ts";
export { Exposure, Protocol } from "./protocol.ts";
export { endpointOf } from "./reference.ts";
