import { Exposure, type Port, type PortArgs, resolvePorts } from "../endpoint/index.ts";
import { each, invalid } from "../endpoint/invalid.ts";

/** Ports by exposure. */
export interface SplitPorts {
  readonly publicPorts: readonly Port[];
  readonly internalPorts: readonly Port[];
}

/**
 * Ports of a place that cannot translate numbers.
 *
 * @param why What stands between client and workload, for the refusal.
 * @throws InputPropertyError naming the property.
 */
export function untranslatedPorts(given: readonly PortArgs[], why: string): SplitPorts {
  const ports = resolvePorts(given);
  each(ports, ({ port, targetPort }, index) => {
    if (port !== targetPort) {
      invalid(`ports[${index}].targetPort`, `${targetPort} is not ${port}: ${why}`);
    }
  });
  return splitPorts(ports);
}

/** @throws InputPropertyError where none is public. */
export function splitPorts(ports: readonly Port[]): SplitPorts {
  const publicPorts = ports.filter(({ exposure }) => exposure === Exposure.Public);
  if (publicPorts.length === 0) {
    invalid("ports", "has no PUBLIC port: give at least one");
  }
  return {
    publicPorts,
    internalPorts: ports.filter(({ exposure }) => exposure === Exposure.Internal),
  };
}

/** The ports as an endpoint shows them. */
export const endpointPorts = (ports: readonly Port[]) =>
  ports.map(({ name, port, protocol }) => ({ name, port, protocol }));
