import { type Output, runtime } from "@pulumi/pulumi";
import mocks from "@pulumi/pulumi/runtime/mocks.js";

/** One resource as the program registered it. */
export interface Registered {
  readonly type: string;
  /** Logical name. */
  readonly name: string;
  /** Inputs after all outputs are resolved; whatever the SDK sends, hence no narrower type. */
  readonly inputs: Record<string, Json>;
  /** False for a component. */
  readonly custom: boolean;
  /** URN of the parent; empty for the stack itself. */
  readonly parent: string;
  readonly protect: boolean;
  readonly deleteBeforeReplace: boolean;
  /** URNs of everything that has to exist first. */
  readonly dependencies: readonly string[];
  /** Names of the hooks that are asked when an operation fails. */
  readonly errorHooks: readonly string[];
  /** `urn::id` of the provider, empty for the default one. */
  readonly provider: string;
}

/** JSON with loose access, for assertions on nested inputs. */
// biome-ignore lint/suspicious/noExplicitAny: a test that names a wrong path fails by itself.
export type Json = any;

interface RegisterRequest {
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getParent(): string;
  getProtect(): boolean;
  getDeletebeforereplace(): boolean;
  getDependenciesList(): string[];
  getProvider(): string;
  getHooks(): { getOnErrorList(): string[] } | undefined;
  getObject(): { toJavaScript(): Record<string, Json> } | undefined;
}

/** What the simulated clouds answer; each is optional. */
export interface Answers {
  /** Outputs that a resource has besides its inputs, by type token. */
  readonly outputs?: Readonly<Record<string, (inputs: Json, name: string) => Json>>;
  /** Results of look-ups, by function token. An unexpected look-up fails the test. */
  readonly calls?: Readonly<Record<string, (inputs: Json) => Json>>;
}

/** A program's look-ups and resources, and what they were given. */
export interface Run<T> {
  readonly result: T;
  readonly resources: readonly Registered[];
  readonly calls: readonly { readonly token: string; readonly inputs: Json }[];
  /** The one resource whose type ends in `:<type>`, or by logical name. */
  one(typeOrName: string): Registered;
}

/**
 * Runs a piece of program against the SDK's mocks and records every registration with its options.
 * The mocks' own holes: URNs of nested components are wrong, transforms and hooks don't run,
 * secrets arrive in plain text, a duplicate URN passes, a preview knows no unknowns.
 */
export async function run<T>(
  program: () => T | Promise<T>,
  answers: Answers = {},
): Promise<Run<T>> {
  const resources: Registered[] = [];
  const calls: { token: string; inputs: Json }[] = [];
  await runtime.setMocks(
    {
      newResource: ({ name, type, inputs }) => {
        const { id = `${name}-id`, ...outputs } = answers.outputs?.[type]?.(inputs, name) ?? {};
        return { id, state: { ...inputs, ...outputs } };
      },
      call: ({ token, inputs }) => {
        calls.push({ token, inputs });
        const answer = answers.calls?.[token];
        if (answer === undefined) {
          throw new Error(`look-up ${token} was not expected`);
        }
        return answer(inputs);
      },
    },
    "udp",
    "test",
  );
  const prototype = mocks.MockMonitor.prototype;
  const original = prototype.registerResource;
  // The mocks say that they know error hooks, and then don't. Hooks run around real operations only.
  Object.assign(prototype, {
    registerErrorHook: (_request: unknown, callback: (error: null) => void) => callback(null),
  });
  prototype.registerResource = function (request: RegisterRequest, callback: never) {
    resources.push(recorded(request));
    return original.call(this, request, callback);
  };
  try {
    const result = await program();
    await runtime.disconnect();
    return { result, resources, calls, one: (wanted) => only(resources, wanted) };
  } finally {
    prototype.registerResource = original;
  }
}

/** The value of an output. */
export function resolved<T>(value: Output<T>): Promise<T> {
  return (value as unknown as { promise(): Promise<T> }).promise();
}

function recorded(request: RegisterRequest): Registered {
  return {
    type: request.getType(),
    name: request.getName(),
    inputs: request.getObject()?.toJavaScript() ?? {},
    custom: request.getCustom(),
    parent: request.getParent(),
    protect: request.getProtect(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    dependencies: request.getDependenciesList(),
    provider: request.getProvider(),
    errorHooks: request.getHooks()?.getOnErrorList() ?? [],
  };
}

function only(resources: readonly Registered[], wanted: string): Registered {
  const found = resources.filter(
    ({ type, name }) => name === wanted || type === wanted || type.endsWith(`:${wanted}`),
  );
  const [first] = found;
  if (first === undefined || found.length > 1) {
    const all = resources.map(({ type, name }) => `${type} ${name}`).join(", ");
    throw new Error(`${found.length} resources match "${wanted}": there are ${all}`);
  }
  return first;
}
