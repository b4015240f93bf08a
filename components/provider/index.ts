export * from "./contract.ts";

export { hasUnknown, isUnknown, sameValue, UNKNOWN } from "./values.ts";
