import type { ChangeKind } from "../../components/provider/index.ts";

/** What the engine did to one resource, or would do. */
export interface Step {
  readonly operation: string;
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** Changed properties by path, with how they change. */
  readonly diff: Readonly<Record<string, ChangeKind>>;
  readonly replaces: readonly string[];
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly failed: boolean;
}

export interface EngineDiagnostic {
  readonly severity: string;
  readonly urn: string;
  readonly message: string;
}

export interface Events {
  readonly steps: readonly Step[];
  readonly diagnostics: readonly EngineDiagnostic[];
  /** Number of resources by operation. */
  readonly changes: Readonly<Record<string, number>>;
}

/** The part of an engine event that is read here (pulumi/pulumi sdk/go/common/apitype/events.go). */
interface EngineEvent {
  readonly resourcePreEvent?: { readonly metadata: Metadata };
  readonly resOutputsEvent?: { readonly metadata: Metadata };
  readonly resOpFailedEvent?: { readonly metadata: Metadata };
  readonly diagnosticEvent?: {
    readonly severity: string;
    readonly urn?: string;
    readonly message: string;
    readonly ephemeral?: boolean;
  };
  readonly summaryEvent?: { readonly resourceChanges?: Readonly<Record<string, number>> };
}

interface Metadata {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly diffs?: readonly string[] | null;
  readonly detailedDiff?: Readonly<Record<string, { readonly diffKind: string }>> | null;
  readonly keys?: readonly string[] | null;
  readonly new?: State | null;
  readonly old?: State | null;
}

interface State {
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** Reads the engine's event log: one JSON document a line. A line cut short is passed over. */
export function readEvents(log: string): Events {
  const steps = new Map<string, Step>();
  const diagnostics: EngineDiagnostic[] = [];
  let changes: Readonly<Record<string, number>> = {};
  for (const line of log.split("\n")) {
    const event = parse(line);
    const step =
      event?.resOpFailedEvent ?? event?.resOutputsEvent ?? event?.resourcePreEvent ?? undefined;
    if (step !== undefined) {
      const { metadata } = step;
      const failed = event?.resOpFailedEvent !== undefined;
      steps.set(`${metadata.op} ${metadata.urn}`, stepOf(metadata, failed));
    }
    const said = event?.diagnosticEvent;
    if (said !== undefined && said.ephemeral !== true && said.severity !== "debug") {
      diagnostics.push({
        severity: said.severity,
        urn: said.urn ?? "",
        message: said.message.replaceAll(/<\{%[^%]*%\}>/g, "").trim(),
      });
    }
    changes = event?.summaryEvent?.resourceChanges ?? changes;
  }
  return { steps: [...steps.values()], diagnostics, changes };
}

function parse(line: string): EngineEvent | undefined {
  try {
    return JSON.parse(line) as EngineEvent;
  } catch {
    return undefined;
  }
}

function stepOf(metadata: Metadata, failed: boolean): Step {
  const { op, urn, type } = metadata;
  const state = metadata.new ?? metadata.old;
  return {
    operation: op,
    urn,
    type,
    name: urn.split("::").slice(3).join("::"),
    diff: Object.fromEntries(
      Object.entries(metadata.detailedDiff ?? {}).map(([path, { diffKind }]) => [
        path,
        diffKind as ChangeKind,
      ]),
    ),
    replaces: metadata.keys ?? [],
    inputs: state?.inputs ?? {},
    outputs: state?.outputs ?? {},
    failed,
  };
}
