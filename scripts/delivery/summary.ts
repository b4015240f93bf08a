import { ACTIONS, type Action, type PreviewJson, type PreviewStep } from "./preview-json.ts";
import { type Reach, reachOf } from "./reach.ts";

export interface Change {
  readonly action: Action;
  /** Last part of the type token, such as `Service`. */
  readonly type: string;
  /** Logical name. */
  readonly name: string;
  /** Paths of the properties that change. */
  readonly properties: readonly string[];
  /** Those of them that replace the resource. */
  readonly replacing: readonly string[];
}

/** What a preview means, in the order in which somebody wants to know it. */
export interface Summary {
  /** Resources of the clouds, worst first. Components and providers are not among them. */
  readonly changes: readonly Change[];
  /** Static addresses and DNS names, changed or not: what clients know of the stack. */
  readonly reach: readonly Reach[];
  /** Why there is no preview, if it failed. */
  readonly errors: readonly string[];
}

const ACTION_OF: Readonly<Record<string, Action>> = {
  create: "create",
  import: "create",
  update: "change",
  delete: "destroy",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
};

/** Reads a preview. A replaced resource counts once, whatever number of steps that takes. */
export function summarize({ steps = [], diagnostics = [] }: PreviewJson): Summary {
  const changes = new Map<string, Change>();
  const reach = new Map<string, Reach>();
  for (const step of steps) {
    const state = step.newState ?? step.oldState;
    if (!state?.custom || state.type.startsWith("pulumi:")) {
      continue;
    }
    const action = ACTION_OF[step.op];
    if (action !== undefined) {
      changes.set(step.urn, merged(changes.get(step.urn), changeOf(action, state.type, step)));
    }
    if (action !== undefined || step.op === "same") {
      for (const one of reachOf(step, action ?? "keep")) {
        const known = reach.get(`${step.urn} ${one.kind}`);
        reach.set(`${step.urn} ${one.kind}`, { ...known, ...one });
      }
    }
  }
  const rank = ({ action }: { action: string }) => [...ACTIONS, "keep"].indexOf(action);
  const sorted = <T extends { readonly action: string; readonly name: string }>(all: Iterable<T>) =>
    [...all].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  return {
    changes: sorted(changes.values()),
    reach: sorted(reach.values()),
    errors: diagnostics
      .filter(({ severity }) => severity === "error")
      .map(({ message }) => message),
  };
}

function changeOf(action: Action, type: string, step: PreviewStep): Change {
  const paths = Object.entries(step.detailedDiff ?? {});
  const replacing = paths.filter(([, { kind }]) => kind.endsWith("-replace")).map(([path]) => path);
  return {
    action,
    type: type.split(":").at(-1) ?? type,
    name: step.urn.split("::").at(-1) ?? step.urn,
    // A resource that comes or goes whole has no properties of interest.
    properties:
      action === "change" || action === "replace"
        ? (paths.length > 0 ? paths.map(([path]) => path) : [...(step.diffReasons ?? [])]).sort()
        : [],
    replacing: replacing.length > 0 ? replacing.sort() : [...(step.replaceReasons ?? [])].sort(),
  };
}

const merged = (one: Change | undefined, other: Change): Change => ({
  ...other,
  properties: [...new Set([...(one?.properties ?? []), ...other.properties])].sort(),
  replacing: [...new Set([...(one?.replacing ?? []), ...other.replacing])].sort(),
});
