import type { Resource } from "../selection/resource.ts";

/** A backend as the API server has it. */
export interface KubernetesObject extends Resource {
  readonly metadata: Resource["metadata"] & {
    /** Different for an object that was deleted and made again under the same name. */
    readonly uid: string;
    readonly resourceVersion: string;
    /** Set while the object waits for its end. */
    readonly deletionTimestamp?: string;
  };
}

type Loose = Readonly<Record<string, unknown>>;

export const fields = (value: unknown): Loose =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Loose) : {};

const texts = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields(value)).filter((entry): entry is [string, string] => {
      return typeof entry[1] === "string";
    }),
  );

/**
 * An object of a list or a watch as selection reads it, all fields kept but the book-keeping of
 * who wrote them, which is often longer than the rest. `undefined` when it has no name.
 */
export function readObject(value: unknown): KubernetesObject | undefined {
  const { metadata: raw, ...rest } = fields(value);
  const { managedFields: _, ...metadata } = fields(raw);
  const { name, namespace, uid, resourceVersion } = metadata;
  if (typeof name !== "string" || typeof namespace !== "string") return undefined;
  return {
    ...rest,
    metadata: {
      ...metadata,
      name,
      namespace,
      uid: typeof uid === "string" ? uid : "",
      resourceVersion: typeof resourceVersion === "string" ? resourceVersion : "",
      labels: texts(metadata.labels),
      annotations: texts(metadata.annotations),
    },
  };
}
