import { invalid } from "../endpoint/invalid.ts";
import { type DirectorConfigArgs, isFullyPlain } from "./config.ts";

/** What the director may read in one namespace. */
export interface AccessArgs {
  /** A namespace of `discovery.kubernetes.namespaces`. */
  readonly namespace: string;
  /** Rules of a Role, sorted. */
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

/** Discovery lists and watches; nothing is ever written. */
const VERBS = ["get", "list", "watch"] as const;

interface Mapping {
  readonly group: string;
  readonly resource: string;
  readonly addressPath?: string;
  readonly serviceSelectorLabel?: string;
  readonly serviceEndpoints?: string;
}

interface Plain {
  readonly discovery?: {
    readonly kubernetes?: { readonly namespaces?: readonly string[]; readonly kubeconfig?: string };
  };
  readonly resourceQueryMapping?: Readonly<Record<string, Mapping>>;
}

/** True for a configuration whose director asks the Kubernetes API with its pod's account. */
export function asksKubernetes(config: unknown): boolean {
  const { discovery } = (config ?? {}) as Plain;
  const kubernetes = discovery?.kubernetes;
  return kubernetes !== undefined && kubernetes.kubeconfig === undefined;
}

/**
 * What a configuration's Kubernetes discovery needs: in each of its namespaces the mapped
 * resources and no others, and Services and EndpointSlices where service mode reads them. Empty
 * without it.
 *
 * @throws InputPropertyError when it depends on an output, as it decides what is created.
 */
export function discoveryAccess(config: DirectorConfigArgs): AccessArgs[] {
  if (!asksKubernetes(config)) {
    return [];
  }
  const { discovery, resourceQueryMapping } = config as Plain;
  if (!isFullyPlain(discovery?.kubernetes) || !isFullyPlain(resourceQueryMapping)) {
    invalid(
      "config.discovery.kubernetes",
      "it and resourceQueryMapping have to be plain values: they decide which roles are created",
    );
  }
  const byGroup = new Map<string, Set<string>>();
  const read = (group: string, resource: string) => {
    byGroup.set(group, (byGroup.get(group) ?? new Set()).add(resource));
  };
  for (const mapping of Object.values(resourceQueryMapping ?? {})) {
    read(mapping.group, mapping.resource);
    if (mapping.addressPath === undefined && mapping.serviceSelectorLabel !== undefined) {
      read("", "services");
      if (mapping.serviceEndpoints === "endpoints") {
        read("discovery.k8s.io", "endpointslices");
      }
    }
  }
  const rules = [...byGroup]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, resources]) => ({
      apiGroups: [group],
      resources: [...resources].sort(),
      verbs: VERBS,
    }));
  return (discovery?.kubernetes?.namespaces ?? []).map((namespace) => ({ namespace, rules }));
}
