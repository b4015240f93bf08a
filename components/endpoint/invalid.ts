import { InputPropertyError } from "@pulumi/pulumi";

/**
 * Refuses an input, before any resource is registered.
 *
 * @param propertyPath Path of the property as the caller wrote it: `ports[2].protocol`.
 * @param reason What was given, what the limit is, and the way out.
 */
export function invalid(propertyPath: string, reason: string): never {
  throw new InputPropertyError({ propertyPath, reason });
}
