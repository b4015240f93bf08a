import type { SessionObserver } from "../sessions/session-ports.ts";

/** An answer of the query port. */
export interface TracedAnswer {
  readonly ok: boolean;
  /** JSON: what the client gets. */
  readonly text: string;
}

/** What a director tells traces of. */
export interface Tracing {
  /** Follows sessions from their beginning to their end. */
  readonly sessions: SessionObserver;
  /** A query of `peer`, from its request to its answer. */
  query<A extends TracedAnswer>(
    body: Uint8Array,
    peer: string,
    answer: () => A | Promise<A>,
  ): Promise<A>;
  /** Sends what has not been sent yet, for a few seconds at most. */
  close(): Promise<void>;
}

/** Settings of the `tracing` block. */
export interface TracingRules {
  readonly enabled: boolean;
  /** Share of the sessions with a span, 0..1. */
  readonly sessionSample: number;
}

/**
 * Traces to an OTLP receiver, as the standard `OTEL_*` variables name it; undefined when they
 * are off. OpenTelemetry's SDK is loaded only when they are on.
 */
export async function openTracing(
  rules: TracingRules,
  isSampled: (id: number, sample: number) => boolean,
): Promise<Tracing | undefined> {
  if (!rules.enabled) return undefined;
  const { OpenTelemetryTracing } = await import("./open-telemetry.ts");
  return new OpenTelemetryTracing((id) => isSampled(id, rules.sessionSample));
}
