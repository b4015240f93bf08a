import type { Answers } from "./mocks.ts";

const ARN = "arn:aws:elasticloadbalancing:us-east-2:111122223333";

const awsOutputs: Answers["outputs"] = {
  "aws:ec2/eip:Eip": (_inputs, name) => ({
    id: `eipalloc-${name}`,
    allocationId: `eipalloc-${name}`,
    publicIp: `198.51.100.${name.replace(/\D+/g, "") || "1"}`,
  }),
  "aws:ec2/vpc:Vpc": (_inputs, name) => ({
    id: `vpc-${name}`,
    ipv6CidrBlock: "2001:db8:abc:de00::/56",
  }),
  "aws:ecr/repository:Repository": (_inputs, name) => ({
    repositoryUrl: `111122223333.dkr.ecr.us-east-2.amazonaws.com/${name}`,
    arn: `arn:aws:ecr:us-east-2:111122223333:repository/${name}`,
  }),
  "aws:lb/loadBalancer:LoadBalancer": (_inputs, name) => ({
    arn: `${ARN}:loadbalancer/net/${name}/1`,
    dnsName: `${name}.elb.us-east-2.amazonaws.com`,
  }),
  "aws:lb/targetGroup:TargetGroup": (_inputs, name) => ({
    arn: `${ARN}:targetgroup/${name}/1`,
  }),
  "aws:cloudwatch/logGroup:LogGroup": (_inputs, name) => ({ name, arn: `arn:logs:${name}` }),
  "aws:iam/role:Role": (_inputs, name) => ({ name, arn: `arn:aws:iam::111122223333:role/${name}` }),
  "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": (_inputs, name) => ({
    id: `ns-${name}`,
  }),
  "aws:servicediscovery/service:Service": (_inputs, name) => ({ arn: `arn:registry:${name}` }),
  "aws:lb/listener:Listener": (_inputs, name) => ({ arn: `${ARN}:listener/net/${name}/1` }),
};

const SUBSCRIPTION = "/subscriptions/11111111-2222-3333-4444-555555555555";

/** An AKS cluster, as the look-up tells it: the kubelet has an identity of its own. */
export const cluster = {
  id: `${SUBSCRIPTION}/resourceGroups/debug/providers/Microsoft.ContainerService/managedClusters/debug-aks`,
  name: "debug-aks",
  location: "westeurope",
  nodeResourceGroup: "MC_debug_debug-aks_westeurope",
  identity: { type: "SystemAssigned", principalId: "control-plane", tenantId: "tenant" },
  identityProfile: { kubeletidentity: { objectId: "kubelet", clientId: "kubelet-client" } },
};

/** An object whose name Kubernetes' provider makes up. */
const named: NonNullable<Answers["outputs"]>[string] = (inputs, name) => ({
  metadata: { name: `${name}-3d4e`, ...inputs.metadata },
});

/** What Azure, AWS, DigitalOcean, Kubernetes and Cloudflare would answer to the programs of the unit tests. */
export const clouds: Answers = {
  outputs: {
    ...awsOutputs,
    "azure-native:resources:ResourceGroup": (_inputs, name) => ({
      name: `${name}1a2b`,
      id: `${SUBSCRIPTION}/resourceGroups/${name}1a2b`,
    }),
    "azure-native:network:PublicIPAddress": (inputs, name) => ({
      name: `${name}3c4d`,
      ipAddress: inputs.publicIPAddressVersion === "IPv6" ? "2001:db8::1" : "203.0.113.10",
      dnsSettings:
        inputs.dnsSettings === undefined
          ? undefined
          : { fqdn: `${inputs.dnsSettings.domainNameLabel}.westeurope.cloudapp.azure.com` },
    }),
    "digitalocean:index/droplet:Droplet": (_inputs, name) => ({
      id: "3164494",
      dropletUrn: `do:droplet:${name}`,
    }),
    "digitalocean:index/loadBalancer:LoadBalancer": () => ({ ip: "198.51.100.8" }),
    "digitalocean:index/reservedIp:ReservedIp": () => ({
      ipAddress: "198.51.100.7",
      reservedIpUrn: "do:reservedip:198.51.100.7",
    }),
    "digitalocean:index/tag:Tag": (inputs) => ({ name: inputs.name }),
    "kubernetes:core/v1:Service": (inputs, name) => ({
      metadata: { name: `${name}-5e6f`, ...inputs.metadata },
      ...(inputs.spec.type === "LoadBalancer"
        ? { status: { loadBalancer: { ingress: [{ ip: "203.0.113.20" }] } } }
        : {}),
    }),
    "kubernetes:cilium.io/v2:CiliumLoadBalancerIPPool": named,
    "kubernetes:cilium.io/v2alpha1:CiliumLoadBalancerIPPool": named,
    "kubernetes:cilium.io/v2alpha1:CiliumL2AnnouncementPolicy": named,
    "kubernetes:cert-manager.io/v1:Certificate": named,
    "kubernetes:cert-manager.io/v1:ClusterIssuer": named,
    "kubernetes:cert-manager.io/v1:Issuer": named,
    "udp-ports:index:Allocation": (inputs) => ({ port: inputs.requestedPort ?? inputs.from }),
    "kubernetes:metallb.io/v1beta1:IPAddressPool": named,
    "kubernetes:metallb.io/v1beta1:L2Advertisement": named,
    "kubernetes:metallb.io/v1beta1:BGPAdvertisement": named,
    "kubernetes:metallb.io/v1beta2:BGPPeer": named,
    "kubernetes:core/v1:ConfigMap": (inputs, name) => ({
      metadata: { name: `${name}-7a8b`, ...inputs.metadata },
    }),
    "kubernetes:apps/v1:StatefulSet": named,
    "kubernetes:core/v1:Secret": named,
    "kubernetes:core/v1:ServiceAccount": (inputs, name) => ({
      metadata: { name: `${name}-9c0d`, ...inputs.metadata },
    }),
  },
  calls: {
    "aws:index/getRegion:getRegion": () => ({ id: "us-east-2", region: "us-east-2" }),
    "aws:ssm/getParameter:getParameter": () => ({ value: "ami-from-parameter" }),
    "azure-native:containerservice:getManagedCluster": () => cluster,
    "azure-native:containerservice:listManagedClusterUserCredentials": () => ({
      kubeconfigs: [{ name: "clusterUser", value: Buffer.from("kind: Config").toString("base64") }],
    }),
    "azure-native:resources:getResourceGroup": ({ resourceGroupName }) => ({
      name: resourceGroupName,
      id: `${SUBSCRIPTION}/resourceGroups/${resourceGroupName}`,
    }),
    "cloudflare:index/getZone:getZone": ({ zoneId, filter }) => ({
      id: zoneId ?? "0123456789abcdef0123456789abcdef",
      zoneId: zoneId ?? "0123456789abcdef0123456789abcdef",
      name: filter?.name ?? "example.com",
    }),
    "cloudflare:index/getDnsRecords:getDnsRecords": () => ({ results: [] }),
  },
};
