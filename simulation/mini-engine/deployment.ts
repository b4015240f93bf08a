import { createHash } from "node:crypto";
import {
  hasUnknown,
  isUnknown,
  type Properties,
  type Provider,
  type Value,
} from "../../components/provider/index.ts";
import type { Diagnostic, PreviewedResource, ResourceOptions } from "./previewed.ts";
import { providerConfig, type StackConfig } from "./stack-config.ts";
import { plainMap, withSecrets } from "./wire.ts";

/** A resource as a program registers it. */
export interface Registration extends ResourceOptions {
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  readonly parent: string;
  /** `urn::id` of an explicit provider, or empty. */
  readonly provider: string;
  readonly inputs: Properties;
}

export interface Registered {
  readonly urn: string;
  readonly id: string;
  readonly outputs: Properties;
}

const STACK = "pulumi:pulumi:Stack";
const PROVIDERS = "pulumi:providers:";

/** One preview: what was registered so far, and the providers that answer for it. */
export class Deployment {
  readonly resources: PreviewedResource[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #project: string;
  readonly #stack: string;
  readonly #config: StackConfig;
  readonly #factories: ReadonlyMap<string, () => Provider>;
  /** By URN of an explicit provider, or by name of a default one. */
  readonly #providers = new Map<string, Promise<ConfiguredProvider>>();
  readonly #urns = new Set<string>();

  constructor(options: {
    project: string;
    stack: string;
    config: StackConfig;
    factories: ReadonlyMap<string, () => Provider>;
  }) {
    this.#project = options.project;
    this.#stack = options.stack;
    this.#config = options.config;
    this.#factories = options.factories;
  }

  async register(registration: Registration): Promise<Registered> {
    const urn = this.#claim(registration.type, registration.name, registration.parent);
    try {
      const { id, inputs, outputs } = await this.#create(urn, registration);
      this.resources.push({ ...registration, urn, id, inputs, outputs });
      return { urn, id, outputs };
    } catch (error) {
      this.fail(urn, error);
      throw error;
    }
  }

  /** Looks an existing resource up, as `Resource.get` does. */
  async read(registration: Registration, id: string): Promise<Registered> {
    const urn = this.#claim(registration.type, registration.name, registration.parent);
    try {
      const { provider } = await this.#providerFor(registration.type, registration.provider);
      const handler = handlerOf(provider, registration.type);
      const inputs = plainMap(registration.inputs);
      const found = isUnknown(id)
        ? { id, outputs: inputs }
        : await handler.read({ ...refOf(urn, registration), id, inputs, outputs: inputs });
      if (found === undefined) {
        throw new Error(`resource '${id}' does not exist`);
      }
      return { urn, id: found.id, outputs: found.outputs };
    } catch (error) {
      this.fail(urn, error);
      throw error;
    }
  }

  registerOutputs(urn: string, outputs: Properties): void {
    const index = this.resources.findIndex((resource) => resource.urn === urn);
    const resource = this.resources[index];
    if (resource === undefined) {
      throw new Error(`outputs for ${urn}, which was never registered`);
    }
    this.resources[index] = { ...resource, outputs };
  }

  async invoke(token: string, args: Properties, reference: string) {
    const { provider, known } = await this.#providerFor(token, reference);
    if (!known) {
      // The engine's own answer while a provider's configuration is not known.
      return { result: {}, failures: [] };
    }
    if (provider.invoke === undefined) {
      throw new Error(`${provider.name} has no function ${token}`);
    }
    return provider.invoke({ token, args: plainMap(args) });
  }

  fail(urn: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.diagnostics.push({ severity: "error", urn, message });
  }

  #claim(type: string, name: string, parent: string): string {
    const parentType = parent.split("::")[2];
    const qualified =
      parentType === undefined || parentType === STACK ? type : `${parentType}$${type}`;
    const urn = `urn:pulumi:${this.#stack}::${this.#project}::${qualified}::${name}`;
    if (this.#urns.has(urn)) {
      const error = new Error(`Duplicate resource URN '${urn}'; try giving it a unique name`);
      this.fail(urn, error);
      throw error;
    }
    this.#urns.add(urn);
    return urn;
  }

  async #create(urn: string, registration: Registration) {
    const { type, custom } = registration;
    if (!custom) {
      return { id: "", inputs: registration.inputs, outputs: {} };
    }
    if (type.startsWith(PROVIDERS)) {
      const configured = this.#configure(type.slice(PROVIDERS.length), registration.inputs);
      this.#providers.set(urn, configured);
      await configured;
      return { id: "", inputs: registration.inputs, outputs: registration.inputs };
    }
    const { provider, known } = await this.#providerFor(type, registration.provider);
    if (!known) {
      return { id: "", inputs: registration.inputs, outputs: registration.inputs };
    }
    const handler = handlerOf(provider, type);
    const ref = refOf(urn, registration);
    const checked = (await handler.check?.({
      ...ref,
      olds: {},
      news: plainMap(registration.inputs),
      randomSeed: createHash("sha256").update(urn).digest(),
    })) ?? { inputs: plainMap(registration.inputs) };
    const [first] = checked.failures ?? [];
    if (first !== undefined) {
      const all = (checked.failures ?? []).map(({ property, reason }) => `${property}: ${reason}`);
      throw new Error(`${type} "${registration.name}" is invalid: ${all.join("; ")}`);
    }
    const { outputs } = await handler.create({
      ...ref,
      inputs: checked.inputs,
      preview: true,
      timeoutSeconds: 0,
      signal: new AbortController().signal,
    });
    return {
      id: "",
      inputs: withSecrets(checked.inputs, registration.inputs),
      outputs: withSecrets(outputs, registration.inputs, registration.additionalSecretOutputs),
    };
  }

  #providerFor(token: string, reference: string): Promise<ConfiguredProvider> {
    const name = token.split(":")[0] ?? "";
    const key = reference === "" ? name : reference.slice(0, reference.lastIndexOf("::"));
    const known = this.#providers.get(key);
    if (known !== undefined) {
      return known;
    }
    if (reference !== "") {
      throw new Error(`${token} names the provider ${key}, which was never registered`);
    }
    const configured = this.#configure(name, providerConfig(this.#config, name));
    this.#providers.set(name, configured);
    return configured;
  }

  async #configure(name: string, config: Properties): Promise<ConfiguredProvider> {
    const provider = this.#factories.get(name)?.();
    if (provider === undefined) {
      const names = [...this.#factories.keys()].join(", ");
      throw new Error(`there is no simulated provider "${name}" (there are: ${names})`);
    }
    const given: Properties = plainMap(config);
    const { failures = [] } = (await provider.checkConfig?.(given)) ?? {};
    if (failures.length > 0) {
      throw new Error(failures.map(({ property, reason }) => `${property}: ${reason}`).join("; "));
    }
    if (hasUnknown(given as Value)) {
      return { provider, known: false };
    }
    await provider.configure?.(given);
    return { provider, known: true };
  }
}

interface ConfiguredProvider {
  readonly provider: Provider;
  /** False while some of its configuration is unknown: the engine does not ask it then. */
  readonly known: boolean;
}

function handlerOf(provider: Provider, type: string) {
  const handler = provider.resource(type);
  if (handler === undefined) {
    throw new Error(`${provider.name} ${provider.version} has no resource ${type}`);
  }
  return handler;
}

const refOf = (urn: string, { type, name }: Registration) => ({ urn, type, name });
