import {
  type CheckFailure,
  type CheckRequest,
  type CheckResult,
  type Created,
  type CreateRequest,
  type DeleteRequest,
  type DiffRequest,
  type DiffResult,
  type Found,
  hasUnknown,
  isUnknown,
  type Properties,
  type ReadRequest,
  type ResourceHandler,
  UNKNOWN,
  UnhealthyResourceError,
  type UpdateRequest,
} from "../../components/provider/index.ts";
import { waited } from "./delay.ts";
import { changesBetween } from "./diff.ts";
import { faultMessage, type Operation, strike } from "./faults.ts";
import type { ResourceModel } from "./model.ts";
import { valueAt, withValueAt } from "./paths.ts";
import { type Finding, findings, RefusedError, type RuleSubject } from "./rule.ts";
import type { Store } from "./store.ts";
import {
  findObject,
  newWorld,
  type ObjectKey,
  type World,
  withObject,
  withoutObject,
  withWarning,
} from "./world.ts";

export interface HandlerContext {
  readonly store: Store;
  /** Provider configuration, known from `configure` on. */
  readonly config: Properties;
  /** Mistakes against the SDK's own types. */
  shapeFailures(type: string, inputs: Properties): readonly CheckFailure[];
  /** How often a throttled call is made again. */
  readonly retries: number;
  /** Told to the user as the provider would. */
  warn(text: string): void;
}

/** Runs a model against a store: the part that all simulated resources share. */
export class SimulatedResource implements ResourceHandler {
  readonly #model: ResourceModel;
  readonly #context: HandlerContext;

  constructor(model: ResourceModel, context: HandlerContext) {
    this.#model = model;
    this.#context = context;
  }

  check(request: CheckRequest): CheckResult {
    const inputs = this.#model.defaults(request, this.#context.config);
    const world = newWorld();
    const scope = this.#model.scope(inputs, this.#context.config, world);
    const subject = { urn: request.urn, scope, id: "", exists: false, inputs, world };
    const found = findings(this.#model.rules, "check", subject);
    for (const warning of found.filter(isWarning)) {
      this.#context.warn(`${request.name}: ${warning.reason}`);
    }
    const failures = [
      ...this.#context.shapeFailures(this.#model.type, inputs),
      ...found.filter((finding) => !isWarning(finding)),
    ];
    return { inputs, failures: failures.map(({ property, reason }) => ({ property, reason })) };
  }

  diff(request: DiffRequest): DiffResult {
    const immutable = this.#model.immutable(request.news, this.#context.config, request.oldInputs);
    const changes = changesBetween(request.oldInputs, request.news, immutable);
    const replaces = Object.values(changes).some((kind) => kind.endsWith("-replace"));
    return {
      changes,
      deleteBeforeReplace:
        replaces && this.#model.deleteBeforeReplace(request.oldInputs, request.news),
    };
  }

  async create(request: CreateRequest): Promise<Created> {
    const { inputs } = request;
    if (request.preview) {
      return { id: "", outputs: withUnknowns(inputs, this.#model.computed, inputs) };
    }
    return this.#withFaults("create", request.urn, () => this.#write(request, undefined));
  }

  async update(request: UpdateRequest): Promise<Properties> {
    if (request.preview) {
      const kept = this.#model.computed.reduce<Properties>(
        (outputs, path) =>
          valueAt(outputs, path) === undefined
            ? withValueAt(outputs, path, valueAt(request.oldOutputs, path))
            : outputs,
        request.inputs,
      );
      return hasUnknown(request.inputs)
        ? withUnknowns(kept, this.#model.computed, request.inputs)
        : kept;
    }
    const updated = await this.#withFaults("update", request.urn, () =>
      this.#write(request, request.id),
    );
    return updated.outputs;
  }

  async read(request: ReadRequest): Promise<Found | undefined> {
    await this.#withFaults("read", request.urn, async () => undefined);
    const world = await this.#context.store.read();
    const isImport = Object.keys(request.inputs).length === 0;
    const id = (isImport ? this.#model.imported?.(request.id) : undefined) ?? request.id;
    const object = this.#find(world, id, request.inputs);
    return object && { id: object.id, inputs: object.inputs, outputs: object.outputs };
  }

  async delete(request: DeleteRequest): Promise<void> {
    await this.#withFaults("delete", request.urn, () =>
      this.#context.store.transact((world) => {
        const object = this.#find(world, request.id, request.inputs);
        if (object === undefined) {
          return { world, result: undefined };
        }
        const subject = { ...object, exists: true, world };
        refuse(findings(this.#model.rules, "delete", subject));
        const gone = [object, ...(this.#model.cascade?.(object, world) ?? [])];
        const left = this.#model.leaves?.(object) ?? [];
        const after = left.reduce<World>(withObject, gone.reduce<World>(withoutObject, world));
        return { world: after, result: undefined };
      }),
    );
  }

  #find(world: World, id: string, inputs: Properties) {
    const { cloud, type } = this.#model;
    const scope = this.#model.scope(inputs, this.#context.config, world);
    return findObject(world, { cloud, scope, type, id });
  }

  async #write(request: CreateRequest, existing: string | undefined): Promise<Created> {
    const model = this.#model;
    const { urn, inputs } = request;
    const awaited = model.awaited?.(inputs) ?? true;
    const subjectIn = (world: World): RuleSubject => {
      const scope = model.scope(inputs, this.#context.config, world);
      const id = existing ?? model.id(inputs, scope, world);
      return { urn, scope, id, exists: existing !== undefined, inputs, world };
    };
    const late = await this.#context.store.transact((world) => {
      const after = waited(model.rules, subjectIn(world), awaited);
      return { world: after.world, result: after.late };
    });
    refuse(late.filter(({ rule }) => rule.stage === "write"));
    const outcome = await this.#context.store.transact((world) => {
      const subject = subjectIn(world);
      const { scope, id } = subject;
      const key: ObjectKey = { cloud: model.cloud, scope, type: model.type, id };
      const written = findings(model.rules, "write", subject);
      refuse(written);
      const synced = [...findings(model.rules, "sync", subject), ...late];
      const unhealthy = synced.filter((finding) => !isWarning(finding));
      const previous = findObject(world, key)?.outputs;
      const outputs = model.outputs({
        inputs,
        id,
        scope,
        world,
        previous,
        synced: unhealthy.length === 0,
      });
      const uses = unhealthy.length === 0 ? (model.uses?.(inputs, scope, world) ?? []) : [];
      const warnings = [...written, ...synced].filter((finding) => isWarning(finding) || !awaited);
      const next = warnings.reduce<World>(
        (step, { rule, reason }) => withWarning(step, { urn, rule: rule.id, reason }),
        withObject(world, { ...key, urn, inputs, outputs, uses }),
      );
      return {
        world: next,
        result: { id, outputs, warnings, unhealthy: awaited ? unhealthy : [] },
      };
    });
    for (const warning of outcome.warnings) {
      this.#context.warn(`${request.name}: ${warning.reason}`);
    }
    if (outcome.unhealthy.length > 0) {
      throw new UnhealthyResourceError({
        id: outcome.id,
        inputs,
        outputs: outcome.outputs,
        reasons: outcome.unhealthy.map((finding) => finding.reason),
      });
    }
    return { id: outcome.id, outputs: outcome.outputs };
  }

  /** Lets the faults of the world's seed strike before or after the call itself. */
  async #withFaults<T>(
    operation: Operation,
    urn: string,
    call: () => Promise<T>,
    attempt = 0,
  ): Promise<T> {
    const fault = await this.#context.store.transact((world) => {
      const struck = strike(world, operation, this.#model.type, urn);
      return { world: struck.world, result: struck.fault };
    });
    if (fault === undefined) {
      return call();
    }
    if (fault.kind === "throttled" && attempt < this.#context.retries) {
      return this.#withFaults(operation, urn, call, attempt + 1);
    }
    if (fault.kind === "lost") {
      await call();
    }
    throw new Error(faultMessage(fault));
  }
}

function isWarning(finding: Finding): boolean {
  return finding.rule.severity === "warn";
}

function refuse(found: readonly Finding[]): void {
  const refusals = found.filter((finding) => !isWarning(finding));
  if (refusals.length > 0) {
    throw new RefusedError(refusals);
  }
}

/** Outputs of a preview: what the user gave is known, what the cloud computes is not. */
function withUnknowns(
  outputs: Properties,
  computed: readonly string[],
  inputs: Properties,
): Properties {
  return computed.reduce<Properties>(
    (result, path) =>
      valueAt(inputs, path) === undefined && !insideUnknown(inputs, path)
        ? withValueAt(result, path, UNKNOWN)
        : result,
    outputs,
  );
}

/** True if some map on the way to the path is itself not known yet. */
function insideUnknown(inputs: Properties, path: string): boolean {
  const parts = path.split(".");
  return parts.some((_, index) => isUnknown(valueAt(inputs, parts.slice(0, index).join("."))));
}
