import { getKubernetesClusterOutput } from "@pulumi/digitalocean/getKubernetesCluster.js";
import { Provider } from "@pulumi/kubernetes/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { DnsOnlyRecord } from "pulumi-udp/cloudflare";
import { DoksUdpLoadBalancer, Protocol } from "pulumi-udp/digitalocean";

/** A load balancer on DigitalOcean Kubernetes; what the configuration says changes during its life. */
const config = new pulumi.Config();
const name = `doks-${config.get("name") ?? "relay"}`;
const aliases = name === "doks-relay" ? [] : [{ name: "doks-relay" }];

const cluster = getKubernetesClusterOutput({ name: "edge" });
const kubeconfig = cluster.kubeConfigs.apply(([first]) => first?.rawConfig ?? "");
const provider = new Provider("doks", { kubeconfig });
const quic = { name: "quic", port: 4433, protocol: Protocol.Udp };
const voice = { name: "voice", port: 4435, protocol: Protocol.Udp };
const metrics = {
  name: "metrics",
  port: 9090,
  protocol: Protocol.Tcp,
  exposure: "INTERNAL",
} as const;

/** Annotations that the component has no argument for: to keep a load balancer and to take one over. */
const annotated: pulumi.ResourceTransform = ({ type, props, opts }) => {
  const given = props.metadata?.annotations;
  const disown = config.getBoolean("disown") && {
    "service.kubernetes.io/do-loadbalancer-disown": "true",
  };
  const adopt = config.get("adopt") && {
    "kubernetes.digitalocean.com/load-balancer-id": config.get("adopt"),
  };
  return type === "kubernetes:core/v1:Service" && props.spec.type === "LoadBalancer"
    ? {
        props: {
          ...props,
          metadata: { ...props.metadata, annotations: { ...given, ...disown, ...adopt } },
        },
        opts,
      }
    : undefined;
};

const lb = new DoksUdpLoadBalancer(
  name,
  {
    selector: { app: "relay" },
    namespace: config.get("namespace") ?? "default",
    ports: config.getBoolean("voice") ? [quic, voice, metrics] : [quic, metrics],
  },
  { provider, aliases, transforms: [annotated] },
);
new DnsOnlyRecord(name, { zone: "example.com", name: "doks", endpoint: lb.endpoint }, { aliases });
export const doksAddress = lb.endpoint.apply(({ addresses }) => addresses[0]);
