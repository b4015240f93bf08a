import type { Properties } from "../../components/provider/index.ts";
import type { Late, Wait } from "./delay.ts";
import type { Fault, Strike } from "./faults.ts";

/** One thing that exists in a simulated cloud. */
export interface CloudObject {
  /** Package name of its provider, such as `azure-native`. */
  readonly cloud: string;
  /** Subscription, cluster or account that it lives in. */
  readonly scope: string;
  /** Type token of its provider. */
  readonly type: string;
  /** The provider's identifier, unique within cloud, scope and type. */
  readonly id: string;
  readonly urn: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
  /** Identifiers of objects that cannot go while this one is there. */
  readonly uses?: readonly string[];
  /** The world's clock when it was made. Left out: long ago. */
  readonly born?: number;
}

export interface ClusterSeed {
  readonly name: string;
  readonly resourceGroup: string;
  /** Default: `westeurope`. */
  readonly location?: string;
  /** Default: `SystemAssigned`. */
  readonly identity?: "SystemAssigned" | "UserAssigned" | "None";
  /** Default: derived from the names. */
  readonly principalId?: string;
  /** Default: `MC_<resource group>_<name>_<location>`. */
  readonly nodeResourceGroup?: string;
}

export interface RecordSeed {
  readonly zone: string;
  readonly name: string;
  readonly type: string;
  readonly content: string;
  readonly proxied?: boolean;
  readonly ttl?: number;
}

/** What is there before the program runs. Everything is optional; an empty seed is a friendly world. */
export interface WorldSeed {
  /** Default: a new world has one subscription with this id, all zeros but the end. */
  readonly subscriptionId?: string;
  readonly tenantId?: string;
  readonly clusters?: readonly ClusterSeed[];
  /** Any cluster that is asked for exists, with a system-assigned identity. Default: true. */
  readonly anyCluster?: boolean;
  /** Resource groups beside those of the clusters. */
  readonly resourceGroups?: readonly string[];
  /** Namespaces beside the four that every cluster has. */
  readonly namespaces?: readonly string[];
  /**
   * API groups whose custom resources a cluster knows before any release. Default: those of Cilium
   * and of the Prometheus operator.
   */
  readonly definitions?: readonly string[];
  readonly zones?: readonly string[];
  /** Any zone that is asked for exists. Default: true. */
  readonly anyZone?: boolean;
  readonly records?: readonly RecordSeed[];
  /** Zones on an Enterprise plan, which lowers the smallest TTL. */
  readonly enterpriseZones?: readonly string[];
  /** Region of DigitalOcean's Kubernetes clusters. Default: `nyc1`. */
  readonly doksRegion?: string;
  /** How many there may be, by the quota's rule, such as `aws-address-quota`. Default: as documented. */
  readonly quotas?: Readonly<Record<string, number>>;
  /** Seconds until what is made can be used, by what is late. Default: none, everything at once. */
  readonly delays?: Readonly<Partial<Record<Late, number>>>;
  /** Calls that go wrong. */
  readonly faults?: readonly Fault[];
}

export interface Warning {
  readonly urn: string;
  readonly rule: string;
  readonly reason: string;
}

/** Everything that the simulated clouds remember. Plain data: one JSON document. */
export interface World {
  readonly seed: WorldSeed;
  readonly objects: readonly CloudObject[];
  readonly warnings: readonly Warning[];
  /** How often each fault could have struck so far. */
  readonly faultCalls: Readonly<Record<string, number>>;
  /** Faults that struck, in order. */
  readonly strikes: readonly Strike[];
  /** Rises with every creation, so that what is created again gets another address. */
  readonly serial: number;
  /** Seconds that went by. Only waiting takes time here: see `delay.ts`. */
  readonly clock: number;
  /** How long providers waited for what was late, in order. */
  readonly waits: readonly Wait[];
}

export function newWorld(seed: WorldSeed = {}): World {
  return {
    seed,
    objects: [],
    warnings: [],
    faultCalls: {},
    strikes: [],
    serial: 0,
    clock: 0,
    waits: [],
  };
}

export const sameObject = (a: ObjectKey, b: ObjectKey): boolean =>
  a.cloud === b.cloud &&
  a.scope === b.scope &&
  a.type === b.type &&
  a.id.toLowerCase() === b.id.toLowerCase();

export type ObjectKey = Pick<CloudObject, "cloud" | "scope" | "type" | "id">;

export function findObject(world: World, key: ObjectKey): CloudObject | undefined {
  return world.objects.find((object) => sameObject(object, key));
}

export function objectsOf(world: World, cloud: string, type?: string): readonly CloudObject[] {
  return world.objects.filter(
    (object) => object.cloud === cloud && (type === undefined || object.type === type),
  );
}

/** Public addresses that something in any of the clouds has. */
export function addressesIn(world: World): ReadonlySet<string> {
  const outputs = JSON.stringify(world.objects.map((object) => object.outputs));
  return new Set(outputs.match(/\b(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+\b/g));
}

/** The world with an object added, or put in the place of the one with the same key. */
export function withObject(world: World, object: CloudObject): World {
  const known = findObject(world, object);
  return {
    ...world,
    serial: known === undefined ? world.serial + 1 : world.serial,
    objects:
      known === undefined
        ? [...world.objects, { born: world.clock, ...object }]
        : world.objects.map((other) =>
            sameObject(other, object) ? { ...bornAs(known), ...object } : other,
          ),
  };
}

const bornAs = ({ born }: CloudObject): Pick<CloudObject, "born"> =>
  born === undefined ? {} : { born };

export function withoutObject(world: World, key: ObjectKey): World {
  return { ...world, objects: world.objects.filter((object) => !sameObject(object, key)) };
}

export function withWarning(world: World, warning: Warning): World {
  const known = world.warnings.some(
    (other) => other.urn === warning.urn && other.rule === warning.rule,
  );
  return known ? world : { ...world, warnings: [...world.warnings, warning] };
}
