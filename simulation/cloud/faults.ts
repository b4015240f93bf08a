import type { Fact } from "./fact.ts";

export type Operation = "create" | "read" | "update" | "delete" | "invoke";

/** A call that goes wrong, once or more often. */
export interface Fault {
  readonly operation: Operation;
  /**
   * Type token of the resource or token of the function, or the end of one (`:Service`). Empty:
   * every one.
   */
  readonly type: string;
  /** Count the calls of each resource by itself, so that each is struck. Default: false. */
  readonly eachResource?: boolean;
  /** Which of the matching calls, from 1. Default: 1. */
  readonly nth?: number;
  /** How many calls in a row. Default: 1. */
  readonly times?: number;
  /**
   * `fail`: nothing happens. `lost`: it happens, but the answer never arrives, as when the plugin
   * or its connection ends after the cloud has acted. `throttled`: the cloud answers that there
   * are too many requests, and the provider asks again as often as the real one does. Default:
   * `fail`.
   */
  readonly kind?: "fail" | "lost" | "throttled";
  /** Default: `simulated fault`. */
  readonly message?: string;
}

/** What a provider does about an answer that says there are too many requests. */
export interface Throttling extends Fact {
  /** How often it asks again before it gives up. */
  readonly retries: number;
}

/** A fault that struck. */
export interface Strike {
  readonly operation: Operation;
  readonly type: string;
  /** Empty for a function. */
  readonly urn: string;
  readonly kind: "fail" | "lost" | "throttled";
}

/** What a world keeps about its faults. */
export interface Faulty {
  readonly seed: { readonly faults?: readonly Fault[] };
  /** Calls that matched a fault so far, by the fault's place in the list and what it counts by. */
  readonly faultCalls: Readonly<Record<string, number>>;
  readonly strikes: readonly Strike[];
}

/** Counts a call against every fault it matches, and tells which of them strikes now. */
export function strike<World extends Faulty>(
  world: World,
  operation: Operation,
  type: string,
  urn = "",
): { readonly world: World; readonly fault: Fault | undefined } {
  let struck: Fault | undefined;
  const faultCalls: Record<string, number> = { ...world.faultCalls };
  for (const [index, fault] of (world.seed.faults ?? []).entries()) {
    if (fault.operation !== operation || !type.endsWith(fault.type)) {
      continue;
    }
    const counted = fault.eachResource === true ? `${index} ${urn}` : String(index);
    const call = (faultCalls[counted] ?? 0) + 1;
    faultCalls[counted] = call;
    const first = fault.nth ?? 1;
    if (call >= first && call < first + (fault.times ?? 1)) {
      struck ??= fault;
    }
  }
  const strikes =
    struck === undefined
      ? world.strikes
      : [...world.strikes, { operation, type, urn, kind: struck.kind ?? "fail" }];
  return { world: { ...world, faultCalls, strikes }, fault: struck };
}

/** The message of a fault that struck. */
export function faultMessage(fault: Fault): string {
  return fault.message ?? `simulated fault: ${fault.operation} of ${fault.type} failed`;
}
