import { textOf } from "../../cloud/paths.ts";
import type { CloudFunction } from "../../cloud/provider.ts";
import { doksId, doksKubeconfig, doksScope } from "./clusters.ts";
import { CLOUD } from "./names.ts";

/** Any cluster that is asked for exists, in the region of the world's seed. */
const getKubernetesCluster: CloudFunction = (args, world) => {
  const cluster = { name: textOf(args.name) ?? "", region: world.seed.doksRegion ?? "nyc1" };
  const host = `https://${doksId(cluster)}.k8s.ondigitalocean.com`;
  return {
    id: doksId(cluster),
    name: cluster.name,
    region: cluster.region,
    endpoint: host,
    kubernetesClusterId: doksId(cluster),
    urn: `do:kubernetes:${doksId(cluster)}`,
    status: "running",
    kubeConfigs: [{ host, token: doksScope(cluster), rawConfig: doksKubeconfig(cluster) }],
  };
};

export const functions = {
  [`${CLOUD}:index/getKubernetesCluster:getKubernetesCluster`]: getKubernetesCluster,
} as const;
