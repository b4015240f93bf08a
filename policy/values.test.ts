import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { rules } from "./rules.ts";
import { faultsOf, withUnknown } from "./testing/rule-cases.ts";
import { at, isMissing, type Properties, propertiesOf, UNKNOWN, type Value } from "./values.ts";

test("what cannot be read yet is unknown, and the rest stays as it is", () => {
  const list = ["a", "b"];
  const given = {
    known: { list },
    get unknown(): string {
      throw new Error("string value at .unknown can't be known during preview");
    },
  };
  const unreadable = new Proxy(list, {
    get: (target, name) => {
      if (name === "1") {
        throw new Error("unknown");
      }
      return Reflect.get(target, name);
    },
  });
  assert.deepEqual(propertiesOf({ ...Object.assign(given.known, { unreadable }) }), {
    list,
    unreadable: ["a", UNKNOWN],
  });
  assert.equal(propertiesOf(given).unknown, UNKNOWN);
  assert.equal(at(propertiesOf(given), "unknown.deeper"), UNKNOWN);
  assert.equal(at(propertiesOf(given), "known.toString.name"), undefined);
});

test("an object that refers to itself ends", () => {
  const self: Record<string, unknown> = { name: "self" };
  self.self = self;
  assert.equal(propertiesOf(self).name, "self");
});

test("left out is neither false nor unknown", () => {
  const values: readonly Value[] = [undefined, null, "", false, 0, UNKNOWN];
  assert.deepEqual(values.map(isMissing), [true, true, true, false, false, false]);
});

/** Names and values that rules look at, in shapes that they do not expect. */
const NAMES = [
  ...["metadata", "spec", "annotations", "labels", "name", "namespace", "type", "ports", "port"],
  ...["targetPort", "protocol", "selector", "template", "containers", "securityContext"],
  ...["capabilities", "add", "healthCheck", "ingress", "cidrBlocks", "tags", "sku", "proxied"],
  ...["zoneId", "securityRules", "inboundRules", "outboundRules", "forwardingRules", "replicas"],
  ...["subnetMappings", "allocationId", "ipAddressPools", "entryPoints", "loadBalancerType"],
  ...["externalTrafficPolicy", "service.beta.kubernetes.io/port_53_health-probe_port"],
];
const WORDS = [
  "LoadBalancer",
  "UDP",
  "TCP_UDP",
  "tcp",
  "network",
  "Cluster",
  "0.0.0.0/0",
  "22",
  "A",
];
const TYPES = [
  ...[
    "kubernetes:core/v1:Service",
    "kubernetes:apps/v1:Deployment",
    "kubernetes:core/v1:Namespace",
  ],
  ...[
    "kubernetes:metallb.io/v1beta1:IPAddressPool",
    "kubernetes:metallb.io/v1beta1:L2Advertisement",
  ],
  ...["kubernetes:cilium.io/v2alpha1:CiliumL2AnnouncementPolicy"],
  ...["kubernetes:traefik.io/v1alpha1:IngressRouteUDP", "cloudflare:index/dnsRecord:DnsRecord"],
  ...["aws:lb/targetGroup:TargetGroup", "aws:lb/loadBalancer:LoadBalancer"],
  ...["aws:ec2/securityGroup:SecurityGroup", "azure-native:network:PublicIPAddress"],
  ...["azure-native:network:NetworkSecurityGroup", "digitalocean:index/firewall:Firewall"],
  ...["digitalocean:index/loadBalancer:LoadBalancer"],
];
const { properties } = fc.letrec<{ value: Value; properties: Properties }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.constantFrom(...WORDS, undefined, null, true, false, 0, -1, 22, Number.NaN, UNKNOWN),
    fc.string(),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("properties"),
  ),
  properties: fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { maxKeys: 6 }),
}));
const subject = fc.record({ type: fc.constantFrom(...TYPES), props: properties });

test("no rule throws, whatever a resource looks like", () => {
  fc.assert(
    fc.property(fc.array(subject, { minLength: 1, maxLength: 4 }), (given) => {
      for (const rule of rules) {
        for (const fault of faultsOf(rule, "", given)) {
          assert.equal(typeof fault, "string");
        }
      }
    }),
    { numRuns: 1000 },
  );
});

test("a resource of which nothing is known breaks no rule but the one over options", () => {
  for (const type of TYPES) {
    const props = withUnknown({}, ...NAMES, "publicIPAllocationMethod");
    const broken = rules.filter((rule) => faultsOf(rule, type, [{ props }]).length > 0);
    assert.deepEqual(
      broken.map(({ name }) => name).filter((name) => name !== "udp-address-protected"),
      [],
      type,
    );
  }
});
