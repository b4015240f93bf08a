import type { z } from "zod";
import { mistakesIn } from "../../components/endpoint/invalid.ts";

/**
 * Tells what a component's own check refuses as mistakes of the settings, with all others: a rule
 * is written down once.
 *
 * @param at Key of the settings that the component's property is under; none for their own.
 */
export function tell(
  context: z.RefinementCtx,
  check: () => unknown,
  at: readonly (string | number)[] = [],
): void {
  try {
    check();
  } catch (error) {
    for (const { propertyPath, reason } of mistakesIn(error)) {
      context.addIssue({ code: "custom", path: [...at, ...keysOf(propertyPath)], message: reason });
    }
  }
}

/** `ports[1].port` -> ["ports", 1, "port"]. */
const keysOf = (propertyPath: string): (string | number)[] =>
  [...propertyPath.matchAll(/\[(\d+)\]|\["([^"]*)"\]|([^.[\]]+)/g)].map(
    ([, index, quoted, key]) => quoted ?? key ?? Number(index),
  );
