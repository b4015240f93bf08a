/** One resource type in one namespace: what is listed and watched. */
export interface Collection {
  /** API group, empty for core. */
  readonly group: string;
  readonly version: string;
  /** Plural name. */
  readonly resource: string;
  readonly namespace: string;
}

/** Path of the collection below the API server. Source: Kubernetes API Concepts, "Resource URIs". */
export function collectionPath({ group, version, resource, namespace }: Collection): string {
  const [g, v, r, ns] = [group, version, resource, namespace].map(encodeURIComponent);
  return group === "" ? `/api/${v}/namespaces/${ns}/${r}` : `/apis/${g}/${v}/namespaces/${ns}/${r}`;
}

/** For log lines: `gameservers.agones.dev in games`. */
export function collectionName({ group, resource, namespace }: Collection): string {
  return `${resource}${group === "" ? "" : `.${group}`} in ${namespace}`;
}

/** Text that is equal exactly for equal collections. */
export function collectionKey({ group, version, resource, namespace }: Collection): string {
  return JSON.stringify([group, version, resource, namespace]);
}
