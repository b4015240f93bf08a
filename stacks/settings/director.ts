import type { DirectorConfigInput } from "udp-director/config-schema";

/** What the director's configuration is made from. */
export interface DirectorTarget {
  /** Name of the workload; the resource type that queries ask for. */
  readonly service: string;
  readonly namespace: string;
  /** Name of the workload inside the cluster. */
  readonly hostname: string;
  /** UDP ports of the workload by name; sessions go to the first. */
  readonly udpPorts: Readonly<Record<string, number>>;
}

/**
 * A director in front of one workload: queries for it and clients without a token both lead there.
 *
 * @param overrides Keys of the director's configuration that take the place of the ones made here.
 */
export function directorConfig(
  { service, namespace, hostname, udpPorts }: DirectorTarget,
  overrides: Readonly<Record<string, unknown>>,
): DirectorConfigInput {
  const [portName = ""] = Object.keys(udpPorts);
  return {
    queryPort: 9000,
    dataPort: 7777,
    metricsPort: 9090,
    defaultEndpoint: { resourceType: service, namespace },
    resourceQueryMapping: {
      [service]: {
        group: "",
        version: "v1",
        resource: "services",
        addressPath: "status.address",
        portName,
      },
    },
    discovery: {
      static: {
        resources: [
          {
            resourceType: service,
            namespace,
            name: service,
            address: hostname,
            ports: { ...udpPorts },
          },
        ],
      },
    },
    ...overrides,
  };
}
