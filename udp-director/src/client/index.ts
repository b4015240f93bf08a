export { type ConnectionOptions, DirectorConnection } from "./connection.ts";
export {
  DirectorRefusal,
  DirectorUnreachable,
  exchange,
  type Grant,
  type Query,
  type QueryTarget,
  query,
  sessionReset,
} from "./query.ts";
