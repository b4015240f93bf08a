import { InputPropertyError, type Resource, ResourceError } from "@pulumi/pulumi";

/**
 * Refuses an input, before any resource is registered.
 *
 * @param propertyPath Path of the property as the caller wrote it: `ports[2].protocol`.
 * @param reason What was given, what the limit is, and the way out.
 */
export function invalid(propertyPath: string, reason: string): never {
  throw new InputPropertyError({ propertyPath, reason });
}

/**
 * Runs a check on values that are known only inside an output's chain. Nobody can catch an error
 * there, so what is refused is told at the component, in one line and without a stack trace.
 *
 * @returns What the check returns, to be used instead of what went in.
 */
export function checkedLater<T>(component: Resource, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!InputPropertyError.isInstance(error)) {
      throw error;
    }
    throw new ResourceError(`${error.propertyPath}: ${error.reason}`, component, true);
  }
}
