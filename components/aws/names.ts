import { createHash } from "node:crypto";
import { AWS_LIMITS } from "./limits.ts";

/** Longest logical name whose physical name, as Pulumi makes it, AWS takes. */
export const MAX_LOGICAL_LENGTH = AWS_LIMITS.nameLength - AWS_LIMITS.autonameLength;

/**
 * A logical name for a load balancer or target group that is short enough for AWS: the name as it
 * is where it fits, else its beginning and a hash of the whole. Equal names stay equal, different
 * ones differ, and no name depends on another one.
 */
export function shortName(name: string): string {
  const clean = name.replace(/[^A-Za-z0-9-]+/g, "-");
  if (clean === name && name.length <= MAX_LOGICAL_LENGTH && !/^$|^-|-$|^internal-/.test(name)) {
    return name;
  }
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 6);
  const head = clean.replace(/^(?:internal-|-)+/, "").slice(0, MAX_LOGICAL_LENGTH - 7);
  return `${head.replace(/-+$/, "") || "lb"}-${hash}`;
}

/** Tags of a child, with the name that AWS's console shows. */
export function tagged(
  name: string,
  tags: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  return { ...tags, Name: name };
}
