export { type ConnectionOptions, DirectorConnection } from "./connection.ts";
export {
  type DirectoryTarget,
  EndpointDirectory,
  type ListedEndpoint,
  type NearEndpoint,
  type NearestOptions,
  NoEndpoint,
} from "./directory.ts";
export {
  DirectorRefusal,
  DirectorUnreachable,
  exchange,
  type Grant,
  type Query,
  type QueryTarget,
  query,
  type StatusCondition,
  sessionReset,
} from "./query.ts";
export { DEFAULT_RULES, type ReconnectRules } from "./reconnect.ts";
export type { MeasureRules } from "./round-trip.ts";
export { DirectorSession, type SessionChange, type SessionOptions } from "./session.ts";
export { openStream, type StreamOptions } from "./stream.ts";
