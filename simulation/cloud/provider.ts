import type {
  CheckFailure,
  InvokeRequest,
  InvokeResult,
  Properties,
  Provider,
  ResourceHandler,
} from "../../components/provider/index.ts";
import { faultMessage, strike, type Throttling } from "./faults.ts";
import { SimulatedResource } from "./handler.ts";
import type { ResourceModel } from "./model.ts";
import type { Store } from "./store.ts";
import type { World } from "./world.ts";

/** A read-only function of a provider. Throws what the cloud would answer. */
export type CloudFunction = (args: Properties, world: World, config: Properties) => Properties;

export interface CloudDefinition {
  /** Package name, for example `azure-native`. */
  readonly name: string;
  readonly version: string;
  readonly throttling: Throttling;
  readonly models: readonly ResourceModel[];
  /** By token. */
  readonly functions: Readonly<Record<string, CloudFunction>>;
  /** Mistakes in the provider's own configuration. */
  checkConfig?(config: Properties): readonly CheckFailure[];
}

export interface CloudOptions {
  readonly store: Store;
  readonly shapeFailures: (type: string, inputs: Properties) => readonly CheckFailure[];
  /** Default: a line on standard error, which the engine shows as a diagnostic. */
  readonly warn?: (text: string) => void;
}

/** A provider whose resources live in a simulated world. */
export function simulatedProvider(definition: CloudDefinition, options: CloudOptions): Provider {
  let config: Properties = {};
  const { store } = options;
  const context = {
    store,
    get config() {
      return config;
    },
    retries: definition.throttling.retries,
    shapeFailures: options.shapeFailures,
    warn: options.warn ?? ((text: string) => process.stderr.write(`warning: ${text}\n`)),
  };
  const handlers = new Map<string, ResourceHandler>(
    definition.models.map((model) => [model.type, new SimulatedResource(model, context)]),
  );
  return {
    name: definition.name,
    version: definition.version,
    resource: (type) => handlers.get(type),
    checkConfig: (news) => ({ inputs: news, failures: definition.checkConfig?.(news) ?? [] }),
    configure: (given) => {
      config = given;
    },
    invoke: async ({ token, args }: InvokeRequest): Promise<InvokeResult> => {
      const call = definition.functions[token];
      if (call === undefined) {
        throw new Error(
          `the simulated ${definition.name} ${definition.version} has no function ${token}`,
        );
      }
      const { world, fault } = await store.transact((before) => {
        const struck = strike(before, "invoke", token);
        return { world: struck.world, result: struck };
      });
      if (fault !== undefined) {
        throw new Error(faultMessage(fault));
      }
      return { result: call(args, world, config) };
    },
  };
}
