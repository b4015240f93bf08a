import { RoleAssignment } from "@pulumi/azure-native/authorization/roleAssignment.js";
import { getManagedClusterOutput } from "@pulumi/azure-native/containerservice/getManagedCluster.js";
import { listManagedClusterUserCredentialsOutput } from "@pulumi/azure-native/containerservice/listManagedClusterUserCredentials.js";
import { PublicIPAddress } from "@pulumi/azure-native/network/publicIPAddress.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import { DnsRecord } from "@pulumi/cloudflare/dnsRecord.js";
import { getZoneOutput } from "@pulumi/cloudflare/getZone.js";
import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { Provider } from "@pulumi/kubernetes/provider.js";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const cluster = { resourceGroupName: "prod", resourceName: "prod-aks" };
const port = config.getNumber("port") ?? 7777;
const message = config.get("message") ?? "hello";
const token = config.getSecret("token") ?? pulumi.secret("s3cret");

const found = getManagedClusterOutput(cluster);
const group = new ResourceGroup("edge");
const address = new PublicIPAddress("edge", {
  resourceGroupName: group.name,
  sku: { name: "Standard" },
  publicIPAllocationMethod: "Static",
  tags: { owner: config.get("owner") ?? "tests" },
});
// Without the role the cluster may not use the address: that is a case of its own.
const roles =
  config.getBoolean("grant") === false
    ? []
    : [
        new RoleAssignment("edge", {
          principalId: found.apply((value) => value.identity?.principalId ?? ""),
          principalType: "ServicePrincipal",
          roleDefinitionId:
            "/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7",
          scope: group.id,
        }),
      ];

class Workload extends pulumi.ComponentResource {
  readonly service: Service;

  constructor(name: string, provider: Provider) {
    super("simulated:index:Workload", name, {}, { providers: [provider] });
    const parent = { parent: this };
    const namespace = new Namespace(name, { metadata: { name: "edge" } }, parent);
    const metadata = { namespace: namespace.metadata.name };
    const settings = new ConfigMap(name, { metadata, data: { message } }, parent);
    const labels = { app: name };
    new Deployment(
      name,
      {
        metadata,
        spec: {
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: {
              containers: [
                {
                  name: "echo",
                  image: "example.com/echo:1",
                  envFrom: [{ configMapRef: { name: settings.metadata.name } }],
                  env: [{ name: "TOKEN", value: token }],
                },
              ],
            },
          },
        },
      },
      parent,
    );
    this.service = new Service(
      name,
      {
        metadata: {
          ...metadata,
          annotations: {
            "service.beta.kubernetes.io/azure-pip-name": address.name,
            "service.beta.kubernetes.io/azure-load-balancer-resource-group": group.name,
          },
        },
        spec: {
          type: "LoadBalancer",
          externalTrafficPolicy: "Local",
          selector: labels,
          ports: [{ name: "udp", port, protocol: "UDP" }],
        },
      },
      { ...parent, dependsOn: roles },
    );
    this.registerOutputs({});
  }
}

const kubeconfig = listManagedClusterUserCredentialsOutput(cluster).apply((credentials) =>
  Buffer.from(credentials.kubeconfigs[0]?.value ?? "", "base64").toString(),
);
const workload = new Workload("echo", new Provider("aks", { kubeconfig }));
const record = new DnsRecord("edge", {
  zoneId: getZoneOutput({ filter: { name: "example.com" } }).zoneId,
  name: "udp.example.com",
  type: "A",
  ttl: 60,
  proxied: false,
  content: address.ipAddress.apply((ip) => ip ?? ""),
});

export const ip = address.ipAddress;
export const ingress = workload.service.status.loadBalancer.ingress[0]?.ip;
export const name = record.name;
export const sealed = token;
