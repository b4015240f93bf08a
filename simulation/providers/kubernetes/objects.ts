import type { Properties, Value } from "../../../components/provider/index.ts";
import { listOf, mapOf, textOf, valueAt } from "../../cloud/paths.ts";
import { type CloudObject, objectsOf, type World } from "../../cloud/world.ts";

export const CLOUD = "kubernetes";

/** Annotation that makes the provider return without waiting for controllers. */
export const SKIP_AWAIT = "pulumi.com/skipAwait";
/** Annotation by which the provider remembers that it chose the name. */
export const AUTONAMED = "pulumi.com/autonamed";

export const annotationsOf = (inputs: Properties): Properties =>
  mapOf(valueAt(inputs, "metadata.annotations"));

export const annotation = (inputs: Properties, key: string): string | undefined =>
  textOf(annotationsOf(inputs)[key]);

export const nameOf = (inputs: Properties): string =>
  textOf(valueAt(inputs, "metadata.name")) ?? "";

export const namespaceOf = (inputs: Properties): string =>
  textOf(valueAt(inputs, "metadata.namespace")) ?? "default";

/** `namespace/name`, as the provider writes identifiers; a name alone outside of namespaces. */
export const objectId = (inputs: Properties, namespaced: boolean): string =>
  namespaced ? `${namespaceOf(inputs)}/${nameOf(inputs)}` : nameOf(inputs);

export const skipsAwait = (inputs: Properties): boolean =>
  annotation(inputs, SKIP_AWAIT) === "true";

/** Objects of a kind in one cluster. */
export const inCluster = (world: World, scope: string, type: string): readonly CloudObject[] =>
  objectsOf(world, CLOUD, type).filter((object) => object.scope === scope);

export interface ServicePort {
  readonly name: Value | undefined;
  readonly port: Value | undefined;
  readonly targetPort: Value | undefined;
  readonly nodePort: Value | undefined;
  readonly protocol: string;
}

/** The ports of a Service, with the protocol that the API server fills in. */
export const portsOf = (inputs: Properties): readonly ServicePort[] =>
  listOf(valueAt(inputs, "spec.ports")).map((item) => {
    const port = mapOf(item);
    return {
      name: port.name,
      port: port.port,
      targetPort: port.targetPort,
      nodePort: port.nodePort,
      protocol: textOf(port.protocol) ?? "TCP",
    };
  });

export const isLoadBalancer = (inputs: Properties): boolean =>
  valueAt(inputs, "spec.type") === "LoadBalancer";
