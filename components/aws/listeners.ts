import { Exposure, type Port, Protocol } from "../endpoint/index.ts";
import { invalid } from "../endpoint/invalid.ts";

/** One listener and its target group. */
export interface Listener {
  /** Name of the port, of the UDP one where two are merged. */
  readonly name: string;
  /** Names of all ports that it serves. */
  readonly names: readonly string[];
  readonly port: number;
  readonly targetPort: number;
  readonly protocol: "UDP" | "TCP" | "TCP_UDP";
}

/**
 * The listeners of the public ports. UDP and TCP on one number are one listener of protocol
 * TCP_UDP, because AWS refuses two on a number; both then lead to one port of the target.
 *
 * @throws InputPropertyError where they lead to different ones.
 */
export function mergeListeners(ports: readonly Port[]): Listener[] {
  const listeners: Listener[] = [];
  for (const [index, port] of ports.entries()) {
    if (port.exposure !== Exposure.Public) {
      continue;
    }
    const at = listeners.findIndex((listener) => listener.port === port.port);
    const other = listeners[at];
    if (other === undefined) {
      const { name, targetPort, protocol } = port;
      listeners.push({ name, names: [name], port: port.port, targetPort, protocol });
      continue;
    }
    if (other.targetPort !== port.targetPort) {
      invalid(
        `ports[${index}].targetPort`,
        `${port.targetPort} differs from ${other.targetPort} of "${other.name}", but AWS serves UDP and TCP on port ${port.port} by one listener, which leads to one port of the target: use the same`,
      );
    }
    listeners[at] = {
      ...other,
      // A name that stays when the TCP twin is added later: what exists is only changed.
      name: port.protocol === Protocol.Udp ? port.name : other.name,
      names: [...other.names, port.name],
      protocol: "TCP_UDP",
    };
  }
  return listeners;
}
