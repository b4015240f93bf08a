export * from "./contract.ts";
export { serve } from "./server.ts";
export { hasUnknown, isUnknown, sameValue, UNKNOWN } from "./values.ts";
