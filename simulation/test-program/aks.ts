import { listManagedClusterUserCredentialsOutput } from "@pulumi/azure-native/containerservice/listManagedClusterUserCredentials.js";
import { Provider } from "@pulumi/kubernetes/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { AksStaticIp, AksUdpLoadBalancer, Protocol } from "pulumi-udp/aks";
import { DnsOnlyRecord } from "pulumi-udp/cloudflare";
import { UdpDirector } from "pulumi-udp/director";

/** The components for AKS in one stack; what the configuration says changes during its life. */
const config = new pulumi.Config();
const name = `audio-${config.get("name") ?? "relay"}`;
const forget = config.getBoolean("forget") ?? false;
const aliases = forget || name === "audio-relay" ? [] : [{ name: "audio-relay" }];
const namespace = config.get("namespace") ?? "default";

const cluster = { name: "prod-aks", resourceGroup: "prod" };
const kubeconfig = listManagedClusterUserCredentialsOutput({
  resourceGroupName: cluster.resourceGroup,
  resourceName: cluster.name,
}).apply(({ kubeconfigs }) => Buffer.from(kubeconfigs[0]?.value ?? "", "base64").toString());
const provider = new Provider("aks", { kubeconfig });

const ip = new AksStaticIp(name, { cluster }, { aliases });
const audio = { name: "audio", port: 8000, protocol: Protocol.Udp };
const video = { name: "video", port: 8001, protocol: Protocol.Udp };
const lb = new AksUdpLoadBalancer(
  name,
  {
    address: ip.address,
    selector: { app: "audio" },
    namespace,
    ports: config.getBoolean("video") ? [audio, video] : [audio],
  },
  { provider, aliases },
);
const director = new UdpDirector(
  "director",
  {
    image: "registry.example.com/udp-director:0.1.0",
    config: {
      queryPort: 9000,
      dataPort: 7777,
      metricsPort: 9090,
      tokenTtlSeconds: config.getNumber("ttl") ?? 30,
      defaultEndpoint: { resourceType: "audio", namespace: "default" },
      resourceQueryMapping: {
        audio: {
          group: "",
          version: "v1",
          resource: "services",
          addressPath: "status.address",
          portName: "audio",
        },
      },
      discovery: {
        static: {
          resources: [
            {
              resourceType: "audio",
              namespace: "default",
              name: "audio",
              address: "audio.default.svc.cluster.local",
              ports: { audio: 8000 },
            },
          ],
        },
      },
    },
  },
  { provider },
);
new AksUdpLoadBalancer(
  "director",
  { address: ip.address, selector: director.selector, ports: director.ports },
  { provider },
);
new DnsOnlyRecord(name, { zone: "example.com", name: "udp", endpoint: lb.endpoint }, { aliases });
export const address = lb.endpoint.apply(({ addresses }) => addresses[0]);
