import { InputPropertyError } from "@pulumi/pulumi";
import type { DirectorConfigInput } from "udp-director/config-schema";
import { Exposure, type PortArgs, Protocol, resolvePorts } from "../endpoint/index.ts";
import { invalid } from "../endpoint/invalid.ts";

/** The part of a director's configuration that decides its ports; plain values, known at once. */
export type DirectorPortConfig = Pick<
  DirectorConfigInput,
  "queryPort" | "dataPort" | "dataPorts" | "metricsPort"
>;

/** Ports below this need a capability that the pod does not have. */
const FIRST_UNPRIVILEGED = 1024;

/**
 * The ports of a director, as any load balancer takes them: `query` (TCP), `data` (UDP; several
 * data ports, UDP and TCP, go by their own names), and `metrics`, which is `INTERNAL`.
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
    {
      ...port("config.metricsPort", "metrics", config.metricsPort ?? 9090, Protocol.Tcp),
      exposure: Exposure.Internal,
    },
  ];
  try {
    return resolvePorts(found).map(({ name, port, protocol, exposure }) => ({
      name,
      port,
      protocol,
      exposure,
    }));
  } catch (error) {
    if (!InputPropertyError.isInstance(error)) {
      throw error;
    }
    // The contract's rule, told under the key that the caller wrote.
    const [, index = "0"] = /^ports\[(\d+)\]/.exec(error.propertyPath) ?? [];
    return invalid(found[Number(index)]?.at ?? "config", error.reason);
  }
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
