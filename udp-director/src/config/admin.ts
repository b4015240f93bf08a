import { z } from "zod";
import { ipAddress, listOf, object, port, text, whole } from "./fields.ts";
import { tlsSchema } from "./query-security.ts";

/** The `admin` and `rehome` blocks: who may move sessions, and when the director does it itself. */

export const adminSchema = object({
  port: port().default(9091).describe("HTTP port of the admin API"),
  listen: listOf(ipAddress(), "IP address")
    .default(["127.0.0.1"])
    .describe("Its addresses; others than the loopback's need a tokenFile or tls.clientCaFile"),
  tokenFile: text("a file path")
    .optional()
    .describe("File with the bearer token that every request must carry; read at each request"),
  tls: tlsSchema("the admin port")
    .optional()
    .describe("TLS on the admin port (left out: plain text)"),
  captures: z
    .boolean({ error: "expected true or false" })
    .default(true)
    .describe("Packets of a session, payloads included, may be captured"),
});

export const rehomeSchema = object({
  enabled: z
    .boolean({ error: "expected true or false" })
    .default(true)
    .describe("Move sessions off backends that disappear or drain"),
  checkSeconds: whole(1, 3600, "seconds").default(1).describe("Seconds between looks at backends"),
  goneSeconds: whole(0, 3600, "seconds")
    .default(3)
    .describe("Seconds that a backend must be missing before its sessions move"),
});

export const sessionLogSchema = object({
  sample: z
    .number({ error: "expected a number 0..1" })
    .min(0, "expected a number 0..1")
    .max(1, "expected a number 0..1")
    .default(1)
    .describe("Share of the sessions that are logged; a session has all its lines or none"),
  linesPerSecond: whole(1, 100_000)
    .default(20)
    .describe("Session lines; those over it are left out and counted in the next one"),
});

export const qualitySchema = object({
  sample: z
    .number({ error: "expected a number 0..1" })
    .min(0, "expected a number 0..1")
    .max(1, "expected a number 0..1")
    .default(0)
    .describe("Share of the sessions whose loss, jitter and round trip are estimated"),
  maxSessions: whole(0, 100_000)
    .default(1000)
    .describe("Sessions watched at a time, those asked for included"),
});

export const tracingSchema = object({
  enabled: z
    .boolean({ error: "expected true or false" })
    .default(false)
    .describe("Send spans of queries and sessions to the OTLP receiver of the `OTEL_*` variables"),
  sessionSample: z
    .number({ error: "expected a number 0..1" })
    .min(0, "expected a number 0..1")
    .max(1, "expected a number 0..1")
    .default(1)
    .describe("Share of the sessions that have a span"),
});

type Loose = { readonly [key: string]: unknown };
type Report = (path: (string | number)[], message: string) => void;

const isLoopback = (address: unknown) =>
  typeof address !== "string" || address === "::1" || /^127\./.test(address);

/** Rules between `admin` and other keys. Trusts no shape. */
export function checkAdmin(config: Loose, report: Report): void {
  const admin = config.admin;
  if (typeof admin !== "object" || admin === null) return;
  const { listen, port: own = 9091, tokenFile, tls } = admin as Loose;
  const mutual = typeof tls === "object" && (tls as Loose | null)?.clientCaFile !== undefined;
  const open = Array.isArray(listen) ? listen.find((one) => !isLoopback(one)) : undefined;
  if (open !== undefined && tokenFile === undefined && !mutual) {
    report(
      ["admin", "tokenFile"],
      `missing; admin.listen has ${open}, and whoever reaches it could move every session: name a file with a bearer token or admin.tls.clientCaFile, or listen on 127.0.0.1`,
    );
  }
  for (const [key, fallback] of [
    ["queryPort", 9000],
    ["metricsPort", 9090],
  ] as const) {
    if (own === (config[key] ?? fallback)) {
      report(["admin", "port"], `same TCP port as ${key}; give each its own`);
    }
  }
}
