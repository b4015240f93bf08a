import { randomUUID } from "node:crypto";
import path from "node:path";
import {
  type ChangeKind,
  type CheckFailure,
  type Properties,
  type ResourceHandler,
  sameValue,
  UNKNOWN,
  UnhealthyResourceError,
  type Value,
} from "../../provider/index.ts";
import type { ProcessIdentity } from "./identity.ts";
import { isServing, LOG_FILE, type ProcessSpec, start, stop } from "./supervisor.ts";

const DEFAULTS = {
  env: {},
  files: {},
  listens: [],
  triggers: {},
  startTimeoutSeconds: 15,
  stopTimeoutSeconds: 5,
} as const satisfies Properties;
const REQUIRED = ["workDir", "command", "health"] as const;

/**
 * The resource `udp-local:index:Process`: a process of this machine. Created when healthy, read
 * back by its identity, restarted in place when an input changes, ended on delete.
 */
export const processHandler: ResourceHandler = {
  check({ news }) {
    const inputs = { ...DEFAULTS, ...news };
    return { inputs, failures: checkInputs(inputs) };
  },

  diff({ oldInputs, oldOutputs, news }) {
    const changes: Record<string, ChangeKind> = {};
    for (const key of new Set([...Object.keys(oldInputs), ...Object.keys(news)])) {
      if (!sameValue(oldInputs[key], news[key])) {
        // The folder holds the log and the note of what runs: another folder is another process.
        changes[key] = key === "workDir" ? "update-replace" : "update";
      }
    }
    if (oldOutputs.pid === 0) {
      changes.pid = "update";
    }
    return { changes, deleteBeforeReplace: true };
  },

  async create({ name, inputs, preview, signal }) {
    if (preview) {
      return { id: "", outputs: previewOutputs(inputs) };
    }
    const identity = await startNamed(name, specOf(inputs), signal);
    return {
      id: `${name}-${randomUUID().slice(0, 8)}`,
      outputs: outputsOf(inputs, identity),
    };
  },

  async read({ id, inputs, outputs }) {
    const identity = identityOf(outputs);
    const spec = specOf(inputs);
    return identity !== undefined && (await isServing(identity, spec.health))
      ? { id, inputs, outputs }
      : undefined;
  },

  async update({ id, name, inputs, oldInputs, oldOutputs, preview, signal }) {
    if (preview) {
      return previewOutputs(inputs);
    }
    const old = identityOf(oldOutputs);
    if (old !== undefined) {
      await stop(old, specOf(oldInputs));
    }
    try {
      return outputsOf(inputs, await startNamed(name, specOf(inputs), signal));
    } catch (error) {
      // The old process is gone already: keep the resource, as one that does not run.
      throw new UnhealthyResourceError({
        id,
        inputs,
        outputs: { ...outputsOf(inputs, { pid: 0, started: "" }) },
        reasons: [error instanceof Error ? error.message : String(error)],
      });
    }
  },

  async delete({ inputs, outputs }) {
    const identity = identityOf(outputs);
    if (identity !== undefined) {
      await stop(identity, specOf(inputs));
    }
  },
};

function checkInputs(inputs: Properties): CheckFailure[] {
  const failures: CheckFailure[] = REQUIRED.filter((key) => inputs[key] === undefined).map(
    (property) => ({ property, reason: "is missing" }),
  );
  const known = new Set<string>([...REQUIRED, ...Object.keys(DEFAULTS)]);
  for (const property of Object.keys(inputs)) {
    if (!known.has(property)) {
      failures.push({ property, reason: `is not known: ${[...known].sort().join(", ")}` });
    }
  }
  const { workDir } = inputs;
  if (typeof workDir === "string" && workDir !== UNKNOWN && !path.isAbsolute(workDir)) {
    failures.push({ property: "workDir", reason: `"${workDir}" is not an absolute path` });
  }
  const { command } = inputs;
  if (command !== undefined && command !== UNKNOWN && !isCommand(command)) {
    failures.push({ property: "command", reason: "is not a list of a program and its arguments" });
  }
  for (const name of Object.keys((inputs.files ?? {}) as Properties)) {
    if (path.basename(name) !== name || name === LOG_FILE) {
      failures.push({ property: `files["${name}"]`, reason: "is not a plain file name" });
    }
  }
  return failures;
}

function isCommand(value: Value): boolean {
  return (
    Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === "string")
  );
}

/** Inputs have passed `check`, and nothing is unknown outside a preview. */
function specOf(inputs: Properties): ProcessSpec {
  return { ...DEFAULTS, ...inputs } as unknown as ProcessSpec;
}

function identityOf(outputs: Properties): ProcessIdentity | undefined {
  const { pid, started } = outputs;
  return typeof pid === "number" && pid > 0 && typeof started === "string"
    ? { pid, started }
    : undefined;
}

function outputsOf(inputs: Properties, identity: ProcessIdentity): Properties {
  return { ...inputs, ...identity, logFile: logFileOf(inputs) };
}

function previewOutputs(inputs: Properties): Properties {
  return { ...inputs, pid: UNKNOWN, started: UNKNOWN, logFile: logFileOf(inputs) };
}

function logFileOf(inputs: Properties): string {
  return inputs.workDir === UNKNOWN ? UNKNOWN : path.join(String(inputs.workDir), LOG_FILE);
}

async function startNamed(
  name: string,
  spec: ProcessSpec,
  signal: AbortSignal,
): Promise<ProcessIdentity> {
  try {
    return await start(spec, signal);
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : error}`);
  }
}
