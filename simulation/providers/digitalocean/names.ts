import type { CheckFailure, Value } from "../../../components/provider/index.ts";
import type { Fact } from "../../cloud/fact.ts";
import { textOf } from "../../cloud/paths.ts";
import type { Rule } from "../../cloud/rule.ts";
import { type CloudObject, objectsOf, type World } from "../../cloud/world.ts";
import { type BridgedKind, type BridgedResource, bridged } from "../bridged.ts";

export const CLOUD = "digitalocean";

/** Type tokens of what is simulated. */
export const T = {
  droplet: "digitalocean:index/droplet:Droplet",
  firewall: "digitalocean:index/firewall:Firewall",
  loadBalancer: "digitalocean:index/loadBalancer:LoadBalancer",
  projectResources: "digitalocean:index/projectResources:ProjectResources",
  reservedIp: "digitalocean:index/reservedIp:ReservedIp",
  reservedIpAssignment: "digitalocean:index/reservedIpAssignment:ReservedIpAssignment",
  tag: "digitalocean:index/tag:Tag",
  vpc: "digitalocean:index/vpc:Vpc",
} as const;

export const all = (world: World, type: string): readonly CloudObject[] =>
  objectsOf(world, CLOUD, type);

export const byId = (world: World, type: string, id: Value | undefined): CloudObject | undefined =>
  all(world, type).find((object) => object.id === String(id));

const autonaming: Fact = {
  id: "digitalocean-autoname",
  basis: "read",
  says: "A name left out becomes the logical name, a hyphen and 7 hexadecimal digits, and stays until the resource is replaced.",
  source:
    "pulumi/pulumi sdk/go/common/resource/resource_id.go NewUniqueHex; pulumi-terraform-bridge pkg/tfbridge/names.go",
};

const nameLength = (max: number): Rule => ({
  id: "digitalocean-name-length",
  basis: "recalled",
  stage: "check",
  severity: "refuse",
  says: "Names have 255 characters at most.",
  source: "https://docs.digitalocean.com/reference/api/digitalocean/ name maxLength",
  broken: ({ inputs }): CheckFailure | undefined => {
    const name = textOf(inputs.name);
    return name !== undefined && name.length > max
      ? { property: "name", reason: `"name" cannot be longer than ${max} characters` }
      : undefined;
  },
});

/** A resource of DigitalOcean. All of an account live together. */
export const resource = (kind: BridgedKind): BridgedResource =>
  bridged(
    {
      cloud: CLOUD,
      autonaming,
      nameLength,
      scope: () => "account",
      computed: [],
      outputs: () => ({}),
    },
    kind,
  );
