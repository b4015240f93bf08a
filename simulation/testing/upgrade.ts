import type { DeploymentResult } from "../engine/index.ts";

/** Operations that end the life of what is there. */
const ENDING = new Set([
  "delete",
  "replace",
  "create-replacement",
  "delete-replaced",
  "discard",
  "discard-replaced",
  "remove-pending-replace",
]);

/**
 * What an upgrade would take away from a stack that an older version made: every replacement and
 * every deletion, whatever it is of. Addresses, records and load balancers are lost with it, and
 * of the rest a user expects no less.
 *
 * @param allowed `Type name` of what a version says in its release notes that it replaces.
 * @returns A line each; none if the upgrade is safe.
 */
export function losses(
  { steps }: Pick<DeploymentResult, "steps">,
  allowed: readonly string[] = [],
): string[] {
  return steps
    .filter(({ operation, type, name }) => {
      const short = `${type.split(":").at(-1)} ${name}`;
      return ENDING.has(operation) && !allowed.includes(short);
    })
    .map(({ operation, type, name }) => `${operation} ${type} ${name}`)
    .sort();
}
