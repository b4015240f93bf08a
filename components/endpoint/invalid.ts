import {
  InputPropertiesError,
  InputPropertyError,
  type Resource,
  ResourceError,
} from "@pulumi/pulumi";

/** What is wrong with one input. */
export interface Mistake {
  /** Path of the property as the caller wrote it: `ports[2].protocol`. */
  readonly propertyPath: string;
  /** What was given, what the limit is, and the way out. */
  readonly reason: string;
}

/**
 * Refuses an input, before any resource is registered.
 *
 * @param propertyPath Path of the property as the caller wrote it: `ports[2].protocol`.
 * @param reason What was given, what the limit is, and the way out.
 */
export function invalid(propertyPath: string, reason: string): never {
  throw refusal([{ propertyPath, reason }]);
}

/**
 * Runs checks that do not need each other's results, and refuses all that any of them refuses in
 * one error: nobody wants to learn of their mistakes one deployment at a time.
 *
 * @returns What the checks return, in their order.
 * @throws InputPropertyError for one mistake, InputPropertiesError for several.
 */
export function together<Checks extends readonly (() => unknown)[]>(
  ...checks: Checks
): { [Index in keyof Checks]: ReturnType<Checks[Index]> } {
  const mistakes: Mistake[] = [];
  const results = checks.map((check) => {
    try {
      return check();
    } catch (error) {
      mistakes.push(...mistakesIn(error));
      return undefined;
    }
  });
  if (mistakes.length > 0) {
    throw refusal(mistakes);
  }
  return results as { [Index in keyof Checks]: ReturnType<Checks[Index]> };
}

/** Checks each entry of a list, and refuses all that are refused in one error. */
export function each<T, R>(list: readonly T[], check: (entry: T, index: number) => R): R[] {
  return together(...list.map((entry, index) => () => check(entry, index)));
}

/** Runs a check on what a component made of its arguments, and tells mistakes by the caller's own words. */
export function renamed<T>(check: () => T, rename: (propertyPath: string) => string): T {
  try {
    return check();
  } catch (error) {
    throw refusal(
      mistakesIn(error).map(({ propertyPath, reason }) => ({
        propertyPath: rename(propertyPath),
        reason,
      })),
    );
  }
}

/**
 * Runs a check on values that are known only inside an output's chain. Nobody can catch an error
 * there, so what is refused is told at the component, in one line a mistake and without a stack
 * trace.
 *
 * @returns What the check returns, to be used instead of what went in.
 */
export function checkedLater<T>(component: Resource, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw new ResourceError(told(mistakesIn(error)), component, true);
  }
}

/** The mistakes of a refusal. Any other error is thrown on: it is one of the program's. */
export function mistakesIn(error: unknown): readonly Mistake[] {
  if (InputPropertyError.isInstance(error)) {
    return [error];
  }
  if (InputPropertiesError.isInstance(error)) {
    return error.errors;
  }
  throw error;
}

function refusal(mistakes: readonly Mistake[]): Error {
  const [only, ...others] = mistakes;
  const error =
    only !== undefined && others.length === 0
      ? new InputPropertyError({ propertyPath: only.propertyPath, reason: only.reason })
      : new InputPropertiesError({ message: "", errors: [...mistakes] });
  // The engine reads paths and reasons; a Node program that ends with this error shows its text
  // only, which Pulumi makes of the reason alone.
  error.message = told(mistakes);
  error.stack = `${error.message}\n${error.stack?.match(/^ {4}at [\s\S]*/m)?.[0] ?? ""}`;
  return error;
}

function told(mistakes: readonly Mistake[]): string {
  const lines = mistakes.map(({ propertyPath, reason }) => `${propertyPath}: ${reason}`);
  return lines.length === 1 ? (lines[0] ?? "") : `${lines.length} mistakes:\n${lines.join("\n")}`;
}
