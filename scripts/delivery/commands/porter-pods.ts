import { readFileSync } from "node:fs";
import path from "node:path";
import { porterSelector } from "pulumi-udp/aks";
import { Exposure } from "pulumi-udp/endpoint";
import { parse } from "yaml";
import { parseSettings } from "../../../stacks/settings/index.ts";
import { ClusterApi } from "../../../udp-director/src/kubernetes/cluster-api.ts";
import { Advice, say } from "../../terminal.ts";
import { checkPods, type Pod, type Wanted } from "../porter-pods.ts";
import { flagsOf, needed } from "./flags.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const TIMEOUT_MS = 30_000;

/**
 * `porter-pods --stack STACK [--kubeconfig FILE]`: fails unless the stack's selector finds ready
 * pods of one deployment target. It reads, and changes nothing.
 */
export async function run(args: string[]): Promise<void> {
  const flags = flagsOf(args, ["stack", "kubeconfig"]);
  const wanted = wantedOf(needed(flags, "stack"));
  const api = new ClusterApi(flags.kubeconfig);
  const list = (await api.get(
    `/api/v1/namespaces/${wanted.namespace}/pods`,
    {},
    AbortSignal.timeout(TIMEOUT_MS),
  )) as { items: readonly Pod[] };
  const { ready, problems, warnings } = checkPods(wanted, list.items);
  for (const warning of warnings) {
    say(`warning: ${warning}`);
  }
  if (problems.length > 0) {
    throw new Advice(problems.join("\n       "));
  }
  say(`packets go to ${ready.length} ready pods: ${ready.join(", ")}`);
}

/** What the workload's Service will select, from the stack's file. */
export function wantedOf(stack: string): Wanted {
  const file = path.join(root, `Pulumi.${stack}.yaml`);
  const { config = {} } = parse(readFileSync(file, "utf8"));
  const settings = parseSettings(
    Object.fromEntries(
      Object.entries(config).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
  if (settings.platform !== "aks") {
    throw new Advice(`${stack} is on ${settings.platform}: Porter's applications are on aks`);
  }
  const { workload, ports } = settings.aks;
  return {
    selector: porterSelector(workload),
    namespace: workload.namespace,
    ports: ports
      .filter(({ exposure }) => exposure !== Exposure.Internal)
      .map(({ port, targetPort = port, protocol }) => ({ port: targetPort, protocol })),
  };
}
