import type { Input } from "@pulumi/pulumi";
import {
  configMistakes,
  type DirectoryConfigInput,
  directoryConfigSchema,
} from "udp-director/directory-schema";
import type { DirectorResourcesArgs } from "../director/pod.ts";
import {
  type Endpoint,
  Exposure,
  type PortArgs,
  Protocol,
  resolvePorts,
} from "../endpoint/index.ts";
import { each, invalid, together } from "../endpoint/invalid.ts";
import { whole } from "../endpoint/values.ts";

/** How the directory asks whether an endpoint works: exactly one of url, udp, tcp and director. */
export type DirectoryHealthArgs = NonNullable<
  NonNullable<DirectoryConfigInput["endpoints"]>[number]["health"]
>;

/** An endpoint as the directory lists it. */
export interface DirectoryEntryArgs {
  /** Name that clients ask for, the last part of its URL: 1 to 63 of `a-z`, `0-9` and inner hyphens. */
  readonly name: string;
  /** `endpoint` of any load balancer component, of this stack or of another one. */
  readonly endpoint: Input<Endpoint>;
  /** Region that clients choose by. Left out: none is told. */
  readonly region?: string;
  /** Anything else that clients choose by. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Seconds that clients may keep the entry, 0 to 86400. Left out: those of the directory. */
  readonly ttlSeconds?: number;
  /**
   * Probe of its health. Left out: a connection to its first TCP port, such as a director's query
   * port; an endpoint without a TCP port is then listed without health, as no packet is known that
   * it would answer.
   */
  readonly health?: DirectoryHealthArgs;
}

/** An endpoint directory in a Kubernetes cluster. */
export interface EndpointDirectoryArgs {
  /** Image of udp-director with a tag or digest. It is started with the argument `directory`. */
  readonly image: Input<string>;
  /** What the directory lists, in its order. */
  readonly endpoints: readonly DirectoryEntryArgs[];
  /** Namespace. Left out: `default`. */
  readonly namespace?: Input<string>;
  /** HTTP port of pods and Service, 1024 to 65535. Left out: 8080. */
  readonly port?: number;
  /** Number of pods, 1 to 100; each asks for health itself. Left out: 2. */
  readonly replicas?: number;
  /** Seconds that clients may keep an answer, 0 to 86400. Left out: 30. */
  readonly ttlSeconds?: number;
  /** Origin that browsers may call from. Left out: all. */
  readonly allowOrigin?: string;
  /** Bearer token that requests have to carry, kept in a Secret. Left out: none, everybody may ask. */
  readonly token?: Input<string>;
  /** Requests of one source, a second and at once. Left out: 10 and 30. */
  readonly rateLimit?: { readonly perSecond?: number; readonly burst?: number };
  /** Networks of proxies that tell the source by X-Forwarded-For. Left out: none. */
  readonly trustedProxies?: readonly string[];
  /** What a pod may take of a node. */
  readonly resources?: DirectorResourcesArgs;
}

/** Where the pod finds the token. */
export const TOKEN_FILE = "/etc/udp-director/secret/token";

/** What is known before the first resource is registered. */
export interface CheckedDirectory {
  readonly ports: readonly PortArgs[];
  readonly port: number;
  readonly replicas: number;
}

/** An endpoint that stands for those which are known later. */
const ANY: Endpoint = {
  addresses: ["192.0.2.1"],
  ports: [{ name: "any", port: 1, protocol: Protocol.Tcp }],
};

/** @throws InputPropertyError naming the property. */
export function checkDirectoryArgs(args: EndpointDirectoryArgs): CheckedDirectory {
  const port = args.port ?? 8080;
  const replicas = args.replicas ?? 2;
  together(
    // Below 1024 a pod without capabilities can't listen.
    () => whole("port", port, { min: 1024, max: 65_535 }),
    () => whole("replicas", replicas, { min: 1, max: 100 }),
    () => {
      if (args.endpoints.length === 0) {
        invalid("endpoints", "is empty: give at least one { name, endpoint }");
      }
    },
    () =>
      directoryFile(
        args,
        args.endpoints.map(() => ANY),
      ),
  );
  const http = { name: "http", port, protocol: Protocol.Tcp, exposure: Exposure.Public };
  return { ports: resolvePorts([http]).map(({ targetPort: _, ...one }) => one), port, replicas };
}

/**
 * The text of the directory's configuration file: JSON, which every YAML reader takes. Validated by
 * the directory's own schema, so that a mistake is found here and not by a pod.
 *
 * @throws InputPropertyError naming each property.
 */
export function directoryFile(args: EndpointDirectoryArgs, endpoints: readonly Endpoint[]): string {
  const { ttlSeconds, allowOrigin, rateLimit, trustedProxies } = args;
  const config = {
    port: args.port ?? 8080,
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    ...(allowOrigin === undefined ? {} : { allowOrigin }),
    ...(args.token === undefined ? {} : { tokenFile: TOKEN_FILE }),
    ...(rateLimit === undefined ? {} : { rateLimit }),
    ...(trustedProxies === undefined ? {} : { trustedProxies: [...trustedProxies] }),
    endpoints: args.endpoints.map(({ endpoint: _, health, ...entry }, index) => {
      const { addresses, hostname, ports } = endpoints[index] ?? ANY;
      const probe = health ?? firstTcp(ports);
      return {
        ...entry,
        addresses: [...addresses],
        ...(hostname === undefined ? {} : { hostname }),
        ports: ports.map(({ name, port, protocol }) => ({ name, port, protocol })),
        ...(probe === undefined ? {} : { health: probe }),
      };
    }),
  };
  const { error } = directoryConfigSchema.safeParse(config);
  each(error === undefined ? [] : configMistakes(error), (line) => {
    const [path = ""] = /^[^:]*/.exec(line) ?? [];
    invalid(path, line.slice(path.length + 2));
  });
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function firstTcp(ports: Endpoint["ports"]): DirectoryHealthArgs | undefined {
  const found = ports.find(({ protocol }) => protocol === Protocol.Tcp);
  return found && { tcp: { port: found.port } };
}
