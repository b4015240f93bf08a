import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Config } from "@pulumi/pulumi";
import { UdpDirector } from "../../../components/director/index.ts";
import {
  MetalLb,
  MetalLbAddressPool,
  MetalLbUdpLoadBalancer,
} from "../../../components/metallb/index.ts";
import { echoBackend } from "../echo.ts";

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

echoBackend(image, namespace, "a");
echoBackend(image, namespace, "b");
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
