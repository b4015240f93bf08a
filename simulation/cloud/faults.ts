export type Operation = "create" | "read" | "update" | "delete" | "invoke";

/** A call that goes wrong, once or more often. */
export interface Fault {
  readonly operation: Operation;
  /** Type token of the resource or token of the function, or the end of one (`:Service`). */
  readonly type: string;
  /** Which of the matching calls, from 1. Default: 1. */
  readonly nth?: number;
  /** How many calls in a row. Default: 1. */
  readonly times?: number;
  /**
   * `fail`: nothing happens; `lost`: it happens, but the answer never arrives, as with a timeout
   * after the cloud has acted. Default: `fail`.
   */
  readonly kind?: "fail" | "lost";
  /** Default: `simulated fault`. */
  readonly message?: string;
}

/** What a world keeps about its faults. */
export interface Faulty {
  readonly seed: { readonly faults?: readonly Fault[] };
  /** Calls that matched a fault so far, by the fault's place in the list. */
  readonly faultCalls: Readonly<Record<string, number>>;
}

/** Counts a call against every fault it matches, and tells which of them strikes now. */
export function strike<World extends Faulty>(
  world: World,
  operation: Operation,
  type: string,
): { readonly world: World; readonly fault: Fault | undefined } {
  let struck: Fault | undefined;
  const faultCalls: Record<string, number> = { ...world.faultCalls };
  for (const [index, fault] of (world.seed.faults ?? []).entries()) {
    if (fault.operation !== operation || !type.endsWith(fault.type)) {
      continue;
    }
    const call = (faultCalls[index] ?? 0) + 1;
    faultCalls[index] = call;
    const first = fault.nth ?? 1;
    if (call >= first && call < first + (fault.times ?? 1)) {
      struck ??= fault;
    }
  }
  return { world: { ...world, faultCalls }, fault: struck };
}

/** The message of a fault that struck. */
export function faultMessage(fault: Fault): string {
  return fault.message ?? `simulated fault: ${fault.operation} of ${fault.type} failed`;
}
