import { readFileSync } from "node:fs";
import type { Properties, Provider } from "../../../components/provider/index.ts";
import { textOf } from "../../cloud/paths.ts";
import { sdkVersion } from "../../sdk-shapes/load.ts";
import { KubeClient } from "../kube-client.ts";
import { ApiResources } from "./api-resources.ts";
import { type Context, ObjectHandler } from "./objects.ts";
import { type HelmContext, RELEASE, ReleaseHandler } from "./release.ts";

/**
 * A provider `kubernetes` on a real API server, for machines on which the published one cannot be
 * had: what it does is the published one's way, what the cluster says is the cluster's.
 *
 * @param helm Path of Helm's executable.
 */
export function clusterProvider(helm: string): Provider {
  let context: (Context & HelmContext) | undefined;
  const configured = () => {
    if (context === undefined) throw new Error("the provider has no kubeconfig");
    return context;
  };
  const objects = new ObjectHandler(configured);
  const releases = new ReleaseHandler(configured);
  return {
    name: "kubernetes",
    version: sdkVersion("@pulumi/kubernetes"),
    resource: (type) => (type === RELEASE ? releases : objects),
    configure: (config) => {
      const kubeconfig = kubeconfigOf(config);
      if (kubeconfig === undefined) return;
      const client = KubeClient.ofKubeconfig(kubeconfig);
      const namespace = textOf(config.namespace) ?? "default";
      context = { client, resources: new ApiResources(client), namespace, helm, kubeconfig };
    },
  };
}

/** Text or path of the configuration, else the file that KUBECONFIG names. */
function kubeconfigOf(config: Properties): string | undefined {
  const given = textOf(config.kubeconfig) ?? process.env.KUBECONFIG;
  if (given === undefined || given === "") return undefined;
  return given.includes("\n") || given.startsWith("{") ? given : readFileSync(given, "utf8");
}
