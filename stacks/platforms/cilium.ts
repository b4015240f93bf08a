import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { CiliumAddressPool, CiliumL2Policy, CiliumUdpLoadBalancer } from "pulumi-udp/cilium";
import { DnsOnlyRecord } from "pulumi-udp/cloudflare";
import { Exposure } from "pulumi-udp/endpoint";
import { kubernetesAt } from "../../infra/kubernetes.ts";
import { Workload } from "../../infra/workload.ts";
import type { CiliumSettings } from "../settings/index.ts";
import { deployDirectory, directoryPorts, directoryUrl } from "./directory.ts";
import { type Deployed, deployedEndpoints } from "./platform.ts";

/** A cluster of one's own with Cilium: its pool, who answers for it, and workloads on its addresses. */
export function deployCilium(settings: CiliumSettings): Deployed {
  const { cluster, l2, workloads, skipAwait } = settings;
  const provider = kubernetesAt("cluster", cluster);
  const { pool } = new CiliumAddressPool("home", settings.pool, { provider });
  new CiliumL2Policy("home", l2, { provider });
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  const namespace = new Namespace(
    "workloads",
    { metadata: { name: settings.namespace, labels } },
    { provider },
  ).metadata.name;

  const endpoints = workloads.flatMap(({ address, dns, ...workload }) => {
    const { name } = workload;
    const { selector } = new Workload(name, { ...workload, namespace, skipAwait }, { provider });
    const ports = workload.ports.filter(({ exposure }) => exposure !== Exposure.Internal);
    if (ports.length === 0) {
      return [];
    }
    const shared = workloads.filter((other) => other.address === address).length > 1;
    const { endpoint } = new CiliumUdpLoadBalancer(
      name,
      {
        pool,
        selector,
        namespace,
        ports,
        skipAwait,
        ...(address === undefined ? {} : { addresses: [address] }),
        ...(address !== undefined && shared ? { sharedAddress: { key: address } } : {}),
      },
      { provider },
    );
    if (dns !== undefined) {
      new DnsOnlyRecord(name, { ...dns, endpoint });
    }
    return [[name, endpoint] as const];
  });
  const deployed = deployedEndpoints(Object.fromEntries(endpoints));
  if (settings.directory === undefined) {
    return deployed;
  }
  const { publicPort, address, ...directory } = settings.directory;
  const made = deployDirectory(directory, deployed.endpoints, provider);
  if (publicPort === undefined) {
    return { ...deployed, directory: made.url };
  }
  const front = new CiliumUdpLoadBalancer(
    "directory",
    {
      ...{ pool, selector: made.selector, namespace: made.namespace, skipAwait },
      ports: directoryPorts(made, publicPort),
      ...(address === undefined ? {} : { addresses: [address] }),
    },
    { provider },
  );
  return { ...deployed, directory: directoryUrl(front.endpoint, publicPort) };
}
