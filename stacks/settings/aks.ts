import { InputPropertyError } from "@pulumi/pulumi";
import { Exposure, Protocol, resolvePorts } from "pulumi-udp/endpoint";
import { z } from "zod";
import {
  block,
  expected,
  flag,
  listOf,
  oneOf,
  pattern,
  portNumber,
  text,
  textMap,
  whole,
} from "./fields.ts";

/** RFC 1123 label: what Kubernetes takes for a namespace. */
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const ZONE_ID = /^[0-9a-f]{32}$/;

const port = block({
  name: text('a name such as "audio"'),
  /** Port that clients use. */
  port: portNumber(),
  /** Port that the pods listen on. Left out: `port`. */
  targetPort: portNumber().exactOptional(),
  protocol: oneOf([Protocol.Udp, Protocol.Tcp]),
  exposure: oneOf([Exposure.Public, Exposure.Internal]).exactOptional(),
});

const ports = listOf(port, "{ name, port, protocol }").superRefine((given, context) => {
  try {
    resolvePorts(given);
  } catch (error) {
    if (!InputPropertyError.isInstance(error)) {
      throw error;
    }
    // The contract's own rule, told under the setting's path: `ports[1].port` -> [1, "port"].
    const path = [...error.propertyPath.matchAll(/\[(\d+)\]|\.(\w+)/g)].map(
      ([, index, key]) => key ?? Number(index),
    );
    context.addIssue({ code: "custom", path, message: error.reason });
  }
});

const dns = block({
  /** Zone by name, looked up. */
  zone: text('a zone such as "example.com"').exactOptional(),
  /** Zone by id, 32 hex digits. */
  zoneId: pattern(ZONE_ID, "a Cloudflare zone id, 32 hex digits").exactOptional(),
  /** Name within the zone, such as `udp.debug`. */
  name: text('a name within the zone, such as "udp.debug"'),
  /** Seconds; 1 lets Cloudflare choose. */
  ttl: z
    .int({ error: expected("seconds, 60 to 86400, or 1 for automatic") })
    .refine((ttl) => ttl === 1 || (ttl >= 60 && ttl <= 86_400), {
      error: expected("seconds, 60 to 86400, or 1 for automatic"),
    })
    .default(60),
}).superRefine((given, context) => {
  if ((given.zone === undefined) === (given.zoneId === undefined)) {
    context.addIssue({
      code: "custom",
      path: ["zone"],
      message:
        given.zone === undefined
          ? "is missing: give the zone's name here, or its id as zoneId"
          : "is not allowed together with zoneId: give one of the two",
    });
  }
});

const director = block({
  /** Image with a tag or digest. */
  image: text('an image such as "registry.example.com/udp-director:1.0.0"'),
  /** The director's own configuration; what is left out comes from the stack's ports and workload. */
  config: z
    .record(z.string(), z.unknown(), { error: expected("a map of the director's settings") })
    .default({}),
});

/** Settings of a stack on an existing AKS cluster. */
export const aksSettings = block({
  /** The cluster, looked up. */
  cluster: block({
    name: text('the AKS cluster\'s name, for example "prod-aks"'),
    resourceGroup: text("the resource group that the cluster is in"),
  }),
  /** The Porter application behind the endpoint. */
  workload: block({
    /** `porter.run/app-name` of the pods. */
    app: text("the Porter application's name"),
    /** `porter.run/service-name` of the pods. */
    service: text("the Porter service's name"),
    namespace: pattern(DNS_LABEL, "a Kubernetes namespace").default("default"),
    /** `porter.run/deployment-target-id`: keeps preview environments of the same app out. */
    deploymentTargetId: text("the id of the Porter deployment target").exactOptional(),
  }),
  /** What the workload publishes. */
  ports,
  dns,
  /** Left out: no director. */
  director: director.exactOptional(),
  /** Refuse to delete the address. Seconds of a mistake cost every client's address. */
  protect: flag().default(true),
  /** Azure tags of what this stack creates. */
  tags: textMap("tag names to values").default({}),
  /** Don't wait for the load balancer or its pods; for pods that another tool deploys later. */
  skipAwait: flag().default(false),
  /** Most seconds that creating or changing a load balancer may take. */
  timeoutSeconds: whole(10, 3600, "seconds").default(600),
});

/** The block `udp:aks`, validated, with its defaults filled in. */
export type AksSettings = z.output<typeof aksSettings>;
