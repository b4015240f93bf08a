import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Config } from "@pulumi/pulumi";
import { UdpDirector, ValkeyStore } from "../../../components/director/index.ts";
import {
  MetalLb,
  MetalLbAddressPool,
  MetalLbUdpLoadBalancer,
} from "../../../components/metallb/index.ts";
import { echoBackend } from "../echo.ts";

/**
 * Two directors that share their sessions. `tokenTtl` changes their configuration, which rolls them;
 * `node` is where the backend stays.
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
echoBackend(image, namespace, "a", config.get("node"));
const store = new ValkeyStore("store", { namespace, password: "s3cret" });
const director = new UdpDirector("director", {
  image,
  namespace,
  redisUrl: store.url,
  preStopSeconds: 10,
  config: {
    tokenTtlSeconds: config.requireNumber("tokenTtl"),
    resourceQueryMapping: {
      echo: {
        ...{ group: "", version: "v1", resource: "pods" },
        ...{ addressPath: "status.podIP", portName: "udp" },
      },
    },
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
