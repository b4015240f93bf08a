import type { CheckFailure, Properties, Provider } from "../../components/provider/index.ts";
import type { Throttling } from "../cloud/faults.ts";
import type { ResourceModel } from "../cloud/model.ts";
import { type CloudFunction, type CloudOptions, simulatedProvider } from "../cloud/provider.ts";
import { argsName, loadShapes, type ShapedResource } from "../sdk-shapes/load.ts";
import { shapeFailures } from "../sdk-shapes/shape.ts";

/** One provider of the simulated clouds, before it is given a world. */
export interface SimulatedCloud {
  /** Package name, which is the first part of its type tokens. */
  readonly name: string;
  /** npm package whose types the inputs are held to, and whose version the plugin takes. */
  readonly sdk: string;
  readonly resources: readonly ShapedResource[];
  readonly throttling: Throttling;
  readonly models: readonly ResourceModel[];
  readonly functions: Readonly<Record<string, CloudFunction>>;
  checkConfig?(config: Properties): readonly CheckFailure[];
}

/** A function that makes fresh instances of the provider, one for each configuration. */
export async function providerFactory(
  cloud: SimulatedCloud,
  options: Omit<CloudOptions, "shapeFailures">,
): Promise<() => Provider> {
  const { version, table } = await loadShapes(cloud.sdk, cloud.resources);
  const argsOf = new Map(cloud.resources.map((resource) => [resource.type, argsName(resource)]));
  return () =>
    simulatedProvider(
      { ...cloud, version },
      {
        ...options,
        shapeFailures: (type, inputs) => shapeFailures(table, argsOf.get(type) ?? "", inputs),
      },
    );
}
