export { type ConnectionOptions, DirectorConnection } from "./connection.ts";
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
