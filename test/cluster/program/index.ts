import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Config } from "@pulumi/pulumi";
import { UdpDirector } from "../../../components/director/index.ts";
import {
  MetalLb,
  MetalLbAddressPool,
  MetalLbUdpLoadBalancer,
} from "../../../components/metallb/index.ts";

/**
 * A director with two echo backends behind an address of MetalLB, from nothing. The namespace
 * takes pods of the restricted pod security standard and no others.
 */
const config = new Config();
const image = config.require("image");
const metallb = new MetalLb("metallb", { chart: config.require("chart"), timeoutSeconds: 120 });
const lan = new MetalLbAddressPool("lan", {
  namespace: metallb.namespace,
  addresses: [config.require("pool")],
});
const games = new Namespace("games", {
  metadata: { name: "games", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});
const namespace = games.metadata.name;

for (const label of ["a", "b"]) {
  const labels = { app: "echo", version: label };
  new Deployment(`echo-${label}`, {
    metadata: { namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "echo",
              image,
              args: ["echo", "--host", "0.0.0.0", "--port", "8000", "--label", `echo-${label}`],
              ports: [{ name: "udp", containerPort: 8000, protocol: "UDP" }],
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { drop: ["ALL"] },
                readOnlyRootFilesystem: true,
              },
            },
          ],
        },
      },
    },
  });
}

const director = new UdpDirector("director", {
  image,
  namespace,
  config: {
    resourceQueryMapping: {
      echo: {
        ...{ group: "", version: "v1", resource: "pods" },
        ...{ addressPath: "status.podIP", portName: "udp" },
      },
    },
    defaultEndpoint: { resourceType: "echo", namespace: "games" },
    discovery: { kubernetes: { namespaces: ["games"] } },
  },
});
const lb = new MetalLbUdpLoadBalancer("director", {
  namespace,
  pool: lan.pool,
  addresses: [config.require("address")],
  selector: director.selector,
  ports: director.ports,
});
export const endpoint = lb.endpoint;
