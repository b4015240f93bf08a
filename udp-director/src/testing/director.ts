import { randomUUID } from "node:crypto";
import type { TestContext } from "node:test";
import {
  type DirectorConfig,
  type DirectorConfigInput,
  directorConfigSchema,
} from "../config/schema.ts";
import { type Director, type DirectorDependencies, startDirector } from "../director.ts";
import { type EchoServer, startEcho } from "../echo/echo-server.ts";
import { podMapping } from "./pod-mapping.ts";

/** Test support: a whole director and its backends on free ports of the loopback. */

type Resources = NonNullable<DirectorConfigInput["discovery"]["static"]>["resources"];

/** A backend of type `echo` in namespace `local`, labelled `version: <name>`. */
export function echoResource(name: string, port: number, address = "127.0.0.1") {
  return {
    resourceType: "echo",
    namespace: "local",
    name,
    labels: { version: name },
    address,
    ports: { udp: port },
  };
}

let native = true;

/** Directors of this process forward with sockets of node:dgram, unless a test says otherwise. */
export function useDgram(): void {
  native = false;
}

/** Validated configuration on free ports; `patch` changes it after validation. */
export function testConfig(
  resources: Resources,
  input: Partial<DirectorConfigInput> = {},
  patch: (config: DirectorConfig) => Partial<DirectorConfig> = () => ({}),
): DirectorConfig {
  const config = directorConfigSchema.parse({
    listen: ["127.0.0.1"],
    resourceQueryMapping: {
      echo: podMapping,
    },
    discovery: { static: { resources } },
    native: { enabled: native },
    ...input,
  });
  const free = {
    ...config,
    queryPort: 0,
    metricsPort: 0,
    dataPorts: config.dataPorts.map((port) => ({ ...port, port: 0 })),
    ...(config.admin ? { admin: { ...config.admin, port: 0 } } : {}),
  };
  return { ...free, ...patch(free) };
}

/** A running director that knows where it is, with its clock and log at hand. */
export interface TestDirector extends Director {
  /** For the client's functions. */
  readonly at: { readonly host: string; readonly queryPort: number };
  readonly dataPort: number;
  readonly lines: string[];
  /** Moves the director's clock ahead of the real one. Milliseconds. */
  advance(ms: number): void;
  /** Current value of a metric with exactly these labels in its text form. */
  metric(series: string): Promise<number | undefined>;
}

/** Starts a director that the test closes when it ends. */
export async function testDirector(
  t: TestContext,
  config: DirectorConfig,
  dependencies: Partial<DirectorDependencies> = {},
): Promise<TestDirector> {
  const lines: string[] = [];
  let ahead = 0;
  const director = await startDirector(config, {
    log: {
      info: (_fields, message) => void lines.push(message),
      warn: (_fields, message) => void lines.push(message),
    },
    now: () => performance.now() + ahead,
    newToken: randomUUID,
    resolveName: async () => {
      throw new Error("tests resolve no names");
    },
    ...dependencies,
  });
  t.after(() => director.close());
  await director.whenLoaded;
  const host = config.listen[0] ?? "127.0.0.1";
  const urlHost = host.includes(":") ? `[${host}]` : host;
  return Object.assign(director, {
    at: { host, queryPort: director.queryPort },
    dataPort: Object.values(director.dataPorts)[0] ?? 0,
    lines,
    advance: (ms: number) => {
      director.settle();
      ahead += ms;
    },
    metric: async (series: string) => {
      const response = await fetch(`http://${urlHost}:${director.metricsPort}/metrics`);
      const line = (await response.text()).split("\n").find((one) => one.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length + 1));
    },
  });
}

/** Starts an echo backend that the test closes when it ends. */
export async function testEcho(
  t: TestContext,
  label: string,
  host = "127.0.0.1",
): Promise<EchoServer> {
  const echo = await startEcho(host, 0, label);
  t.after(() => echo.close());
  return echo;
}
