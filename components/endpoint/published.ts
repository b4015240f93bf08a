import type { EndpointPort } from "./endpoint.ts";
import { each, invalid, together } from "./invalid.ts";
import { type Port, type PortArgs, resolvePorts } from "./ports.ts";
import { Exposure } from "./protocol.ts";

/** Ports by exposure. */
export interface SplitPorts {
  readonly publicPorts: readonly Port[];
  readonly internalPorts: readonly Port[];
}

/**
 * Ports by exposure, at least one of them public.
 *
 * @param wayOut What a caller without a public one is told.
 * @throws InputPropertyError where none is public.
 */
export function splitPorts(ports: readonly Port[], wayOut = "give at least one"): SplitPorts {
  const publicPorts = ports.filter(({ exposure }) => exposure === Exposure.Public);
  if (publicPorts.length === 0) {
    invalid("ports", `has no PUBLIC port: ${wayOut}`);
  }
  return {
    publicPorts,
    internalPorts: ports.filter(({ exposure }) => exposure === Exposure.Internal),
  };
}

/**
 * Ports of a place that cannot translate numbers.
 *
 * @param why What stands between client and workload, for the refusal.
 * @throws InputPropertyError naming the property.
 */
export function untranslatedPorts(given: readonly PortArgs[], why: string): SplitPorts {
  const ports = resolvePorts(given);
  const [split] = together(
    () => splitPorts(ports),
    () =>
      each(ports, ({ port, targetPort }, index) => {
        if (port !== targetPort) {
          invalid(`ports[${index}].targetPort`, `${targetPort} is not ${port}: ${why}`);
        }
      }),
  );
  return split;
}

/** The ports as an endpoint shows them. */
export const publishedPorts = (ports: readonly Port[]): EndpointPort[] =>
  ports.map(({ name, port, protocol }) => ({ name, port, protocol }));
