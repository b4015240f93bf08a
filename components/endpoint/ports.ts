import { each, invalid, together } from "./invalid.ts";
import { Exposure, Protocol } from "./protocol.ts";
import { oneOf } from "./values.ts";

/** One port of a workload that a load balancer component publishes. */
export interface PortArgs {
  /** Unique within the component: an IANA service name, 1 to 15 of `a-z 0-9 -`, with a letter (RFC 6335 section 5.1). */
  readonly name: string;
  /** Port that clients use, 1 to 65535. */
  readonly port: number;
  /** Port that the workload listens on, 1 to 65535. Left out: the same number as `port`. */
  readonly targetPort?: number;
  /** `UDP` or `TCP`. */
  readonly protocol: Protocol;
  /** Left out: `PUBLIC`. `INTERNAL` ports are never put on a public address. */
  readonly exposure?: Exposure;
}

/** A port after validation, with every default filled in. */
export interface Port {
  readonly name: string;
  readonly port: number;
  readonly targetPort: number;
  readonly protocol: Protocol;
  readonly exposure: Exposure;
}

const SERVICE_NAME = /^(?=.*[a-z])[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/;

/**
 * Checks a list of ports and fills in its defaults, before any resource is registered.
 *
 * @throws InputPropertyError naming the property (`ports[2].port`), what was given, what is allowed,
 * or InputPropertiesError with all of them: an empty list, a name that is not an IANA service name or is used twice, a number outside
 * 1..65535, an unknown protocol or exposure, the same number and protocol twice.
 */
export function resolvePorts(ports: readonly PortArgs[]): readonly Port[] {
  if (ports.length === 0) {
    invalid("ports", "is empty: give at least one { name, port, protocol }");
  }
  const names = new Set<string>();
  const taken = new Map<string, string>();
  return each(ports, (given, index) => {
    const at = `ports[${index}]`;
    const [name, port, targetPort, protocol, exposure] = together(
      () => portName(`${at}.name`, given.name, names),
      () => portNumber(`${at}.port`, given.port),
      () =>
        given.targetPort === undefined
          ? undefined
          : portNumber(`${at}.targetPort`, given.targetPort),
      () => oneOf(`${at}.protocol`, given.protocol, Protocol),
      () => oneOf(`${at}.exposure`, given.exposure ?? Exposure.Public, Exposure),
    );
    const key = `${protocol} ${port}`;
    const other = taken.get(key);
    if (other !== undefined) {
      invalid(`${at}.port`, `${key} is already the port of "${other}"`);
    }
    taken.set(key, name);
    return { name, port, targetPort: targetPort ?? port, protocol, exposure };
  });
}

function portName(path: string, name: string, taken: Set<string>): string {
  if (!SERVICE_NAME.test(name) || name.includes("--")) {
    invalid(
      path,
      `"${name}" is not a service name: 1 to 15 of a-z, 0-9 and single inner hyphens, with at least one letter`,
    );
  }
  if (taken.has(name)) {
    invalid(path, `"${name}" is used twice: every port needs a name of its own`);
  }
  taken.add(name);
  return name;
}

function portNumber(path: string, value: number): number {
  if (!Number.isInteger(value) || value < 1 || value > 65_535) {
    invalid(path, `${value} is not a port: a whole number from 1 to 65535`);
  }
  return value;
}
