import { type DirectorConfigInput, MAX_RANGE_PORTS, rangeName } from "udp-director/config-schema";
import { Exposure, type PortArgs, Protocol, resolvePorts } from "../endpoint/index.ts";
import { invalid, renamed } from "../endpoint/invalid.ts";

/** The part of a director's configuration that decides its ports; plain values, known at once. */
export type DirectorPortConfig = Pick<
  DirectorConfigInput,
  "queryPort" | "dataPort" | "dataPorts" | "portRanges" | "metricsPort"
>;

/** Ports below this need a capability that the pod does not have. */
const FIRST_UNPRIVILEGED = 1024;

/**
 * The ports of a director, as any load balancer takes them: `query` (TCP), `data` (UDP; several
 * data ports, UDP and TCP, go by their own names), each port of a port range as `name-number` (TCP
 * beside UDP: `name-numbert`, which the bound on a range's name keeps within 15 characters), and
 * `metrics`, which is `INTERNAL`.
 *
 * @throws InputPropertyError naming the key of the configuration.
 */
export function directorPorts(config: DirectorPortConfig): readonly PortArgs[] {
  const several = config.dataPorts !== undefined;
  const data = config.dataPorts ?? [
    { name: "data", port: config.dataPort ?? 7777, protocol: "udp" as const },
  ];
  const found = [
    port("config.queryPort", "query", config.queryPort ?? 9000, Protocol.Tcp),
    ...data.map((one, index) =>
      port(
        several ? `config.dataPorts[${index}]` : "config.dataPort",
        one.name,
        one.port,
        one.protocol === "tcp" ? Protocol.Tcp : Protocol.Udp,
      ),
    ),
    ...(config.portRanges ?? []).flatMap((range, index) => rangePorts(range, index)),
    {
      ...port("config.metricsPort", "metrics", config.metricsPort ?? 9090, Protocol.Tcp),
      exposure: Exposure.Internal,
    },
  ];
  return renamed(
    () => resolvePorts(found),
    // The contract's rules, told under the keys that the caller wrote.
    (path) => found[Number(/^ports\[(\d+)\]/.exec(path)?.[1] ?? 0)]?.at ?? "config",
  ).map(({ name, port, protocol, exposure }) => ({ name, port, protocol, exposure }));
}

/** Every port of a range by itself, `name-number`: no load balancer knows runs of ports. */
function rangePorts(
  { name, protocol = "both", from, to }: NonNullable<DirectorPortConfig["portRanges"]>[number],
  index: number,
) {
  const at = `config.portRanges[${index}]`;
  const [mistake] = rangeName.safeParse(name).error?.issues ?? [];
  if (mistake !== undefined) {
    invalid(`${at}.name`, mistake.message);
  }
  if (typeof from !== "number" || typeof to !== "number" || to - from >= MAX_RANGE_PORTS) {
    invalid(at, `is not a run of at most ${MAX_RANGE_PORTS} plain port numbers`);
  }
  const kinds = {
    udp: [Protocol.Udp],
    tcp: [Protocol.Tcp],
    both: [Protocol.Udp, Protocol.Tcp],
  }[protocol];
  const numbers = Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => from + n);
  return numbers.flatMap((number) =>
    kinds.map((kind) => {
      const suffix = protocol === "both" && kind === Protocol.Tcp ? "t" : "";
      return port(at, `${name}-${number}${suffix}`, number, kind);
    }),
  );
}

function port(
  at: string,
  name: string,
  number: number,
  protocol: Protocol,
): PortArgs & { readonly at: string } {
  if (typeof number !== "number") {
    invalid(at, "is an output: ports have to be plain numbers, as they decide what is created");
  }
  if (number < FIRST_UNPRIVILEGED) {
    invalid(
      at,
      `${number} is below ${FIRST_UNPRIVILEGED}, which a pod without capabilities can't open: listen above it, and give the load balancer { port: ${number}, targetPort: … }`,
    );
  }
  return { at, name, port: number, protocol };
}
