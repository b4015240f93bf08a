import type { Port } from "../endpoint/index.ts";

/** A port of `Service.spec.ports`. */
export interface ServicePort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly targetPort: number;
}

/**
 * Ports of a Service, in the order given. The same number on UDP and TCP stays two entries of one
 * Service, which needs server-side apply (the provider's default): an older client-side apply keys
 * on the number alone and loses one (kubernetes/kubernetes#47249).
 */
export function servicePorts(ports: readonly Port[]): ServicePort[] {
  return ports.map(({ name, port, protocol, targetPort }) => ({
    name,
    port,
    protocol,
    targetPort,
  }));
}

/** Labels that every object of these components carries. */
export function commonLabels(instance: string, part: string): Record<string, string> {
  return {
    "app.kubernetes.io/component": part,
    "app.kubernetes.io/instance": labelValue(instance),
    "app.kubernetes.io/managed-by": "pulumi",
    "app.kubernetes.io/name": "pulumi-udp",
  };
}

/** At most 63 of `A-Z a-z 0-9 . _ -`, beginning and ending with a letter or digit; else cut to fit. */
export function labelValue(text: string): string {
  return text
    .replace(/[^A-Za-z0-9._-]/g, "-")
    .slice(0, 63)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
}
