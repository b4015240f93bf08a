import type { z } from "zod";
import { block, ipAddress, portNumber, text, whole } from "./fields.ts";

/** Which of the local ports share a number space: two names of one transport may not meet. */
const TRANSPORT = {
  query: "TCP",
  data: "UDP",
  metrics: "TCP",
  directory: "TCP",
  echoA: "UDP",
  echoB: "UDP",
} as const;

const ports = block({
  /** Director's query port, TCP. */
  query: portNumber().default(9000),
  /** Director's data port, UDP. */
  data: portNumber().default(7777),
  /** Director's metrics and health, HTTP. */
  metrics: portNumber().default(9090),
  /** Endpoint directory, HTTP. */
  directory: portNumber().default(8080),
  /** First echo backend, UDP. */
  echoA: portNumber().default(9101),
  /** Second echo backend, UDP. */
  echoB: portNumber().default(9102),
}).superRefine((given, context) => {
  const taken = new Map<string, string>();
  for (const [name, transport] of Object.entries(TRANSPORT)) {
    const number = given[name as keyof typeof TRANSPORT];
    const other = taken.get(`${transport} ${number}`);
    if (other !== undefined) {
      context.addIssue({
        code: "custom",
        path: [name],
        message: `${number} is not allowed: ${transport} ${number} is already local.ports.${other}`,
      });
    }
    taken.set(`${transport} ${number}`, name);
  }
});

/** Settings of a stack that runs everything on this machine; every key has a default. */
export const localSettings = block({
  /** Address that every part listens on. */
  address: ipAddress().default("127.0.0.1"),
  ports: ports.prefault({}),
  /** Life of a token between query and first packet, seconds. */
  tokenTtlSeconds: whole(1, 86_400, "seconds").default(30),
  /** Time without a packet after which a session ends, seconds. */
  sessionTimeoutSeconds: whole(1, 86_400, "seconds").default(300),
  /** Folder for logs and process records, relative to the project's root. */
  stateDir: text("a folder, relative to the project's root").default(".local"),
  /** How long a process may take to become healthy, seconds. */
  startTimeoutSeconds: whole(1, 600, "seconds").default(15),
});

/** The block `udp:local`, validated, with its defaults filled in. */
export type LocalSettings = z.output<typeof localSettings>;
