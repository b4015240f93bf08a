import { each, invalid, together } from "../endpoint/invalid.ts";
import { Protocol } from "../endpoint/protocol.ts";
import { oneOf, whole } from "../endpoint/values.ts";

/** A port that a backend listens on, inside the VPC. */
export interface AwsBackendPortArgs {
  /** Number, 1 to 65535, for clients and workload alike: nothing translates it. */
  readonly port: number;
  /** `TCP` or `UDP`. */
  readonly protocol: Protocol;
}

/** @throws InputPropertyError naming the property (`ports[1].port`); for several InputPropertiesError. */
export function checkBackendPorts(ports: readonly AwsBackendPortArgs[]): void {
  if (ports.length === 0) {
    invalid("ports", "is empty: give at least one { port, protocol }");
  }
  each(ports, ({ port, protocol }, index) => {
    together(
      () => whole(`ports[${index}].port`, port, { min: 1, max: 65_535 }),
      () => oneOf(`ports[${index}].protocol`, protocol, Protocol),
    );
    if (ports.findIndex((one) => one.port === port && one.protocol === protocol) < index) {
      invalid(`ports[${index}].port`, `${protocol} ${port} is there twice`);
    }
  });
}
