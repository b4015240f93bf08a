/**
 * Transport of a port. The strings are Kubernetes' own (`Service.spec.ports[].protocol`), so they
 * pass to a Service unchanged; adapters of other platforms lower-case or map them.
 */
export const Protocol = { Udp: "UDP", Tcp: "TCP" } as const;
export type Protocol = (typeof Protocol)[keyof typeof Protocol];

/**
 * Who may reach a port. `PUBLIC` is published on the load balancer's address; `INTERNAL` (metrics,
 * admin, health) is reachable inside the platform only and never appears on a public address.
 */
export const Exposure = { Public: "PUBLIC", Internal: "INTERNAL" } as const;
export type Exposure = (typeof Exposure)[keyof typeof Exposure];
