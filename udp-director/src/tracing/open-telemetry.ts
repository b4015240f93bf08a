import {
  type Attributes,
  type Context,
  context as contexts,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { parseTraceParent } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { hostPort } from "../net/addresses.ts";
import type { ClientSocket, Session } from "../sessions/session.ts";
import type { CloseReason, RetargetCause, SessionObserver } from "../sessions/session-ports.ts";
import type { TracedAnswer, Tracing } from "./tracing.ts";

/** Open session spans; sessions beyond have none. A span takes some KiB. */
const MAX_SESSION_SPANS = 10_000;
/** Queries whose token has not opened a session yet. */
const MAX_GRANTS = 10_000;
/** Longest wait for the receiver at a shutdown. Milliseconds. */
const CLOSE_MS = 3000;

/** Traces over OTLP/HTTP with JSON. Every setting is one of the standard `OTEL_*` variables. */
export class OpenTelemetryTracing implements Tracing, SessionObserver {
  readonly #provider: BasicTracerProvider;
  readonly #tracer: Tracer;
  readonly #isSampled: (id: number) => boolean;
  /** By token: the span of the query that granted it. In order of granting. */
  readonly #grants = new Map<string, SpanContext>();
  readonly #spans = new Map<number, Span>();
  #closed: Promise<void> | undefined;

  constructor(isSampled: (id: number) => boolean) {
    this.#isSampled = isSampled;
    const named = resourceFromAttributes({ "service.name": "udp-director" });
    const fromEnvironment = detectResources({ detectors: [envDetector] });
    this.#provider = new BasicTracerProvider({
      resource: defaultResource().merge(named).merge(fromEnvironment),
      spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
    });
    this.#tracer = this.#provider.getTracer("udp-director");
  }

  get sessions(): SessionObserver {
    return this;
  }

  async query<A extends TracedAnswer>(
    body: Uint8Array,
    peer: string,
    answer: () => A | Promise<A>,
  ): Promise<A> {
    const asked = fieldsOf(new TextDecoder().decode(body));
    const parent = parentOf(asked.traceparent);
    const attributes: Attributes = { "client.address": peer };
    for (const [name, key] of [
      ["resourceType", "resource_type"],
      ["namespace", "namespace"],
      ["type", "request_type"],
    ] as const) {
      const value = asked[name] ?? asked[key];
      if (typeof value === "string") attributes[`udp_director.${key}`] = value;
    }
    const span = this.#tracer.startSpan("query", { kind: SpanKind.SERVER, attributes }, parent);
    try {
      const answered = await answer();
      const { token, error } = fieldsOf(answered.text);
      span.setAttribute("udp_director.result", answered.ok ? "granted" : String(error));
      if (!answered.ok) span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
      if (typeof token === "string") this.#remember(token, span.spanContext());
      return answered;
    } finally {
      span.end();
    }
  }

  sessionOpened(session: Session<unknown>): void {
    if (this.#spans.size >= MAX_SESSION_SPANS || !this.#isSampled(session.id)) return;
    const span = this.#tracer.startSpan("session", {
      kind: SpanKind.SERVER,
      root: true,
      links: this.#linksOf(session.token),
      attributes: {
        "udp_director.session": session.id,
        "udp_director.origin": session.origin,
        "udp_director.backend": session.target.resource,
        "client.address": session.clientAddress,
        "client.port": session.clientPort,
      },
    });
    this.#spans.set(session.id, span);
  }

  sessionRetargeted(session: Session<unknown>, cause: RetargetCause): void {
    const span = this.#spans.get(session.id);
    if (span === undefined) return;
    const backend = session.target.resource;
    span.addEvent("moved", { "udp_director.cause": cause, "udp_director.backend": backend });
    span.addLinks([...this.#linksOf(session.token)]);
  }

  clientMoved(session: Session<unknown>, previous: ClientSocket): void {
    const { clientAddress, clientPort } = session;
    this.#spans.get(session.id)?.addEvent("resumed", {
      "udp_director.client": hostPort(clientAddress, clientPort),
      "udp_director.previous": hostPort(previous.address, previous.port),
    });
  }

  sessionClosed(session: Session<unknown>, reason: CloseReason): void {
    const span = this.#spans.get(session.id);
    if (span === undefined) return;
    this.#spans.delete(session.id);
    span.setAttribute("udp_director.reason", reason);
    span.setAttribute("udp_director.moves", session.generation);
    span.end();
  }

  tokenLookup(): void {
    // Counted in metrics only.
  }

  packetDropped(): void {
    // Counted in metrics only.
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([this.#provider.shutdown().catch(() => undefined), late]);
    clearTimeout(timer);
  }

  #remember(token: string, span: SpanContext): void {
    if (this.#grants.size >= MAX_GRANTS) {
      const [oldest = ""] = this.#grants.keys();
      this.#grants.delete(oldest);
    }
    this.#grants.set(token, span);
  }

  /** To the query whose token the session shows. */
  #linksOf(token: string | undefined): Link[] {
    const context = token === undefined ? undefined : this.#grants.get(token);
    return context === undefined ? [] : [{ context }];
  }
}

/** The fields of a JSON object; none of anything else. */
function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** The caller's span (W3C Trace Context); what is no `traceparent` is left out. */
function parentOf(traceparent: unknown): Context {
  const parsed = typeof traceparent === "string" ? parseTraceParent(traceparent) : null;
  if (parsed === null) return ROOT_CONTEXT;
  return trace.setSpanContext(contexts.active(), { ...parsed, isRemote: true });
}
