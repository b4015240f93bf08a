import { createRequire } from "node:module";
import type { Bpf } from "../kernel/ebpf/bpf.ts";
import { SIZE_BOUNDS } from "../traffic.ts";

/** A running engine; see native/engine.h. */
export interface NativeEngine {
  readonly engine: unique symbol;
}

/** An address and a port, or a negative errno value. */
export type NativePlace = readonly [address: string, port: number] | number;

/**
 * What native/addon.c gives. Where a number comes back it is one of the thing that was made, or a
 * negative errno value. Throws once the engine is stopped.
 */
export interface NativeAddon {
  /** `ringBytes` a worker, a power of two. `onRecords` is called when a worker has handed something up. */
  start(
    workers: number,
    magic: Uint8Array,
    ringBytes: number,
    onRecords: (worker: number) => void,
  ): NativeEngine;
  /** Ends the workers, and closes all sockets. */
  stop(engine: NativeEngine): void;

  /** A data port of a worker. Flags: a `SHARE` and `PLAIN`. */
  listen(
    engine: NativeEngine,
    worker: number,
    address: string,
    port: number,
    flags: number,
  ): number;
  receive(engine: NativeEngine, listener: number): number;
  deafen(engine: NativeEngine, listener: number): void;
  listenerPlace(engine: NativeEngine, listener: number): NativePlace;
  answer(
    engine: NativeEngine,
    listener: number,
    address: string,
    port: number,
    payload: Uint8Array,
  ): number;

  /** A flow of the listener's worker; its records carry `id`. */
  connect(
    engine: NativeEngine,
    listener: number,
    address: string,
    port: number,
    id: number,
  ): number;
  flowPlace(engine: NativeEngine, flow: number): NativePlace;
  /** 1: it was sent, and an earlier packet was refused by the backend's host. */
  send(engine: NativeEngine, flow: number, payload: Uint8Array): number;
  /** The workers forward between that client and the flow's backend from now on. */
  direct(
    engine: NativeEngine,
    flow: number,
    listener: number,
    address: string,
    port: number,
  ): number;
  /** All packets of the flow are handed up from now on. */
  hold(engine: NativeEngine, flow: number): number;
  close(engine: NativeEngine, flow: number): void;
  /** Whether the workers have forwarded something of the flow since the last time. */
  active(engine: NativeEngine, flow: number): boolean;
  /** Fills in ids of flows that `active` holds for, from flow `from` on. */
  activity(
    engine: NativeEngine,
    from: number,
    ids: Uint32Array,
  ): readonly [found: number, next: number];

  /** Moves records (see records.ts) to `into`; the bytes of them. */
  drain(engine: NativeEngine, worker: number, into: Uint8Array): number;
  /** What was drained is dealt with: flows that wait for that may go direct. */
  handled(engine: NativeEngine, worker: number): void;
  /** Maps and programs of the kernel. */
  readonly bpf: Bpf;

  /** See TOTALS. */
  totals(engine: NativeEngine): readonly number[];
}

/** How the sockets of several workers share a port that no other process may have. */
export const SHARE = { not: 0, first: 1, join: 2 } as const;
/** A port where everything is data. */
export const PLAIN = 4;

/** Sums since the start, in the order of native/engine.h. */
export const TOTALS = [
  "toBackendPackets",
  "toBackendBytes",
  "toClientPackets",
  "toClientBytes",
  "backendRefused",
  "backendFailed",
  "clientFailed",
  "notHandedUp",
  "waitCalls",
  "receiveCalls",
  "sendCalls",
] as const;
/** Behind them packets by size: towards backends, then towards clients. */
const BUCKETS = SIZE_BOUNDS.length + 1;

type Sums = Readonly<Record<(typeof TOTALS)[number], number>>;
export interface NativeTotals extends Sums {
  readonly toBackendSizes: readonly number[];
  readonly toClientSizes: readonly number[];
}

/** Reads the sums. */
export function readTotals(addon: NativeAddon, engine: NativeEngine): NativeTotals {
  const sums = addon.totals(engine);
  const sizes = sums.slice(TOTALS.length);
  return {
    ...(Object.fromEntries(TOTALS.map((name, at) => [name, sums[at] ?? 0])) as Sums),
    toBackendSizes: sizes.slice(0, BUCKETS),
    toClientSizes: sizes.slice(BUCKETS),
  };
}

/** Loads a built addon. Throws where it does not fit this machine. */
export const loadAddon = (file: string): NativeAddon =>
  createRequire(import.meta.url)(file) as NativeAddon;
