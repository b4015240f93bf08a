import { PublicIPAddress } from "@pulumi/azure-native/network/publicIPAddress.js";
import { DnsRecord } from "@pulumi/cloudflare/dnsRecord.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { Provider } from "@pulumi/kubernetes/provider.js";
import * as pulumi from "@pulumi/pulumi";

/** A resource of any type. */
class Raw extends pulumi.CustomResource {
  declare readonly pid: pulumi.Output<number>;
}

/** Programs that go wrong, or do something odd, by the word in the setting `case`. */
const cases: Readonly<Record<string, () => unknown>> = {
  duplicate: () => [new ConfigMap("twice"), new ConfigMap("twice")],
  misspelt: () => new Service("lb", { spec: { ports: [JSON.parse('{"prot":1}')] } }),
  "two mistakes": () =>
    new Service("lb", { spec: { externalTrafficPolicy: "Local", ports: [{ port: 0 }] } }),
  "unknown type": () => new Raw("azure-native:compute:VirtualMachine", "vm", {}),
  "unknown provider": () => new Raw("gcp:index:Thing", "thing", {}),
  "unknown function": () => pulumi.runtime.invokeOutput("cloudflare:index/getMagic:getMagic", {}),
  throws: () => {
    throw new Error("the program's own mistake");
  },
  warns: () => new Service("lb", { spec: { type: "LoadBalancer", ports: [udp] } }),
  "own provider": () =>
    new Raw("local:index:Process", "director", {
      command: "director",
      token: pulumi.secret("s3cret"),
      pid: undefined,
    }).pid,
  get: () => PublicIPAddress.get("found", pulumi.output("/subscriptions/none")),
  nested: () => new Outer("outer"),
  transforms: () => {
    pulumi.runtime.registerResourceTransform(({ type, props, opts }) =>
      type === "kubernetes:core/v1:ConfigMap"
        ? { props: { ...props, data: { ...props.data, stack: "yes" } }, opts }
        : undefined,
    );
    const protect: pulumi.ResourceTransform = ({ props, opts }) => ({
      props,
      opts: pulumi.mergeOptions(opts, { protect: true }),
    });
    new Outer("outer", { transforms: [protect] });
  },
  options: () => {
    const first = new ConfigMap("first");
    return new DnsRecord(
      "second",
      { zoneId: "z", name: "a.example.com", type: "A", ttl: 60, content: first.metadata.uid },
      {
        protect: true,
        dependsOn: [first],
        ignoreChanges: ["ttl"],
        deleteBeforeReplace: true,
        retainOnDelete: true,
        additionalSecretOutputs: ["content"],
        aliases: [{ name: "old" }],
      },
    );
  },
  "unknown kubeconfig": () => {
    const ip = new PublicIPAddress("ip", { resourceGroupName: "edge" });
    const kubeconfig = pulumi.interpolate`server: ${ip.ipAddress}`;
    return new ConfigMap("inside", {}, { provider: new Provider("later", { kubeconfig }) }).id;
  },
};

const udp = { port: 7777, protocol: "UDP" };

class Inner extends pulumi.ComponentResource {
  constructor(name: string, opts: pulumi.ComponentResourceOptions) {
    super("simulated:index:Inner", name, {}, opts);
    new ConfigMap(name, {}, { parent: this });
    this.registerOutputs({ told: "inner" });
  }
}

class Outer extends pulumi.ComponentResource {
  constructor(name: string, opts: pulumi.ComponentResourceOptions = {}) {
    super("simulated:index:Outer", name, {}, opts);
    new Inner(`${name}-inner`, { parent: this });
    this.registerOutputs({});
  }
}

const chosen = new pulumi.Config().require("case");
export const result = cases[chosen]?.();
