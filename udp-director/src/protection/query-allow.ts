import { queryErrors } from "../protocol/query-errors.ts";
import type { ResourceQuery } from "../protocol/request.ts";

/** A namespace and the resource types that clients may ask for in it. */
export interface AllowedQueries {
  readonly namespace: string;
  /** Left out: every type. */
  readonly resourceTypes?: readonly string[] | undefined;
}

/**
 * Why a query may not be asked, as the published error texts, or `undefined` when it may. A
 * client learns no more than it would if the type or the resources did not exist.
 */
export function queryRefusal(
  allowed: readonly AllowedQueries[] | undefined,
  query: Pick<ResourceQuery, "namespace" | "resourceType">,
): string | undefined {
  if (allowed === undefined) return undefined;
  const { namespace, resourceType } = query;
  const ofType = allowed.filter(
    ({ resourceTypes }) => resourceTypes === undefined || resourceTypes.includes(resourceType),
  );
  if (ofType.length === 0) return queryErrors.unknownResourceType(resourceType);
  if (!ofType.some((one) => one.namespace === namespace)) return queryErrors.noMatch;
  return undefined;
}
