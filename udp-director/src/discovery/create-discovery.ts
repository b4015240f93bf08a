import type { DirectorConfig } from "../config/schema.ts";
import { ClusterApi } from "../kubernetes/cluster-api.ts";
import type { Discovery, DiscoveryReporter } from "./discovery.ts";
import { JoinedDiscovery } from "./joined-discovery.ts";
import { KubernetesDiscovery } from "./kubernetes-discovery.ts";
import { ListDiscovery } from "./list-discovery.ts";
import type { ResolveName } from "./name-cache.ts";

/** What discovery needs from outside, whatever its sources are. */
export interface DiscoveryDependencies {
  readonly resolveName: ResolveName;
  readonly report: DiscoveryReporter;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** The discovery that a configuration asks for. Reads nothing before its `start`. */
export function createDiscovery(
  config: Pick<DirectorConfig, "discovery" | "resourceQueryMapping">,
  { resolveName, report, now }: DiscoveryDependencies,
): Discovery {
  const { discovery, resourceQueryMapping: mappings } = config;
  const parts: Discovery[] = [];
  if (discovery.static !== undefined || discovery.file !== undefined) {
    const knownTypes = Object.keys(mappings);
    parts.push(new ListDiscovery(discovery, { knownTypes, resolveName, report }));
  }
  const { kubernetes } = discovery;
  if (kubernetes !== undefined) {
    const api = new ClusterApi(kubernetes.kubeconfig);
    const random = Math.random;
    parts.push(new KubernetesDiscovery(kubernetes, { api, mappings, report, now, random }));
  }
  const [only, ...others] = parts;
  return only !== undefined && others.length === 0 ? only : new JoinedDiscovery(parts);
}
