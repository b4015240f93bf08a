import { type DirectorConfigInput, directorConfigSchema } from "udp-director/config-schema";
import { z } from "zod";
import { block, expected, text, textMap } from "./fields.ts";

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

/** The keys of a director, on every platform. */
export const directorKeys = {
  /** Image with a tag or digest. */
  image: text('an image such as "registry.example.com/udp-director:1.0.0"'),
  /** The director's own configuration; what is left out comes from the stack's ports and workload. */
  config: z
    .record(z.string(), z.unknown(), { error: expected("a map of the director's settings") })
    .default({}),
  /** Secrets. Variables that keys of `config` name, such as `tokens.keys[].secretEnv`. */
  secretEnv: textMap("environment variables, as secrets").exactOptional(),
};

/** Has the director's own schema look at what is given for it. */
export function checkDirectorConfig(
  given: { readonly config: Readonly<Record<string, unknown>> },
  context: z.RefinementCtx,
): void {
  // By the director's own schema, in front of a workload that is as good as any.
  const workload = { service: "x", namespace: "x", hostname: "x", udpPorts: { x: 1 } };
  const result = directorConfigSchema.safeParse(directorConfig(workload, given.config));
  for (const issue of result.error?.issues ?? []) {
    const keys = issue.code === "unrecognized_keys" ? issue.keys : [undefined];
    for (const key of keys) {
      const path = ["config", ...issue.path, ...(key === undefined ? [] : [key])];
      context.addIssue({ code: "custom", path, message: issue.message });
    }
  }
}

/** A director in front of the workload of the same stack. */
export const director = block(directorKeys).superRefine(checkDirectorConfig);
