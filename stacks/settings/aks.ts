import { InputPropertyError } from "@pulumi/pulumi";
import { Exposure, Protocol, resolvePorts } from "pulumi-udp/endpoint";
import { type DirectorConfigInput, directorConfigSchema } from "udp-director/config-schema";
import { z } from "zod";
import { RESERVED_TAGS } from "../../components/aks/limits.ts";
import { clusterSettings } from "./aks-cluster.ts";
import { type DirectorTarget, directorConfig } from "./director.ts";
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
} from "./fields.ts";

/** RFC 1123 label: what Kubernetes takes for a namespace. */
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** Leaves room for the ending of the Service's name. */
const APP_NAME = /^[a-z]([a-z0-9-]{0,57}[a-z0-9])?$/;
const DNS_NAME =
  /^(@|[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*)$/i;
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
  if (given.length === 0) {
    return; // told by the list itself
  }
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
  name: pattern(DNS_NAME, 'a name within the zone, such as "udp.debug", or "@"'),
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

/** The component refuses these too; here they are told with all other mistakes. */
const tags = textMap("tag names to values").superRefine((given, context) => {
  for (const tag of Object.keys(given)) {
    if (RESERVED_TAGS.includes(tag.toLowerCase())) {
      context.addIssue({
        code: "custom",
        path: [tag],
        message: "is not allowed: the AKS cloud controller takes this tag as its own; use another",
      });
    }
  }
});

const director = block({
  /** Image with a tag or digest. */
  image: text('an image such as "registry.example.com/udp-director:1.0.0"'),
  /** The director's own configuration; what is left out comes from the stack's ports and workload. */
  config: z
    .record(z.string(), z.unknown(), { error: expected("a map of the director's settings") })
    .default({}),
}).superRefine((given, context) => {
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
});

const base = block({
  /** The cluster, looked up or made. */
  cluster: clusterSettings,
  /** The Porter application behind the endpoint. */
  workload: block({
    /** `porter.run/app-name` of the pods. */
    app: pattern(APP_NAME, "the Porter application's name, at most 59 of a-z, 0-9 and hyphens"),
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
  tags: tags.default({}),
  /** Don't wait for the load balancer or its pods; for pods that another tool deploys later. */
  skipAwait: flag().default(false),
});

/** Workload and director share an address, on which a port can be taken once only. */
const sharedAddress = z.check<z.output<typeof base>>((payload) => {
  const { director: asked, ports: given } = payload.value;
  if (asked === undefined) {
    return;
  }
  const refuse = (path: (string | number)[], message: string) =>
    payload.issues.push({ code: "custom", path, message, input: payload.value });
  const published = given.filter(({ exposure }) => exposure !== Exposure.Internal);
  if (!published.some(({ protocol }) => protocol === Protocol.Udp)) {
    refuse(
      ["director"],
      "needs a PUBLIC UDP port in aks.ports to lead to: add one, or remove this",
    );
  }
  const { queryPort = 9000, dataPort = 7777, dataPorts } = asked.config as DirectorConfigInput;
  const own = dataPorts ?? [{ name: "data", port: dataPort }];
  const taken = new Map([[`${Protocol.Tcp} ${queryPort}`, "query"]]);
  for (const data of own) {
    taken.set(`${Protocol.Udp} ${data.port}`, data.name);
  }
  for (const [index, { port, protocol, exposure }] of given.entries()) {
    const other = taken.get(`${protocol} ${port}`);
    if (other !== undefined && exposure !== Exposure.Internal) {
      refuse(
        ["ports", index, "port"],
        `${port} is not allowed: ${protocol} ${port} of the address is the director's ${other} port; change one of them`,
      );
    }
  }
});
// Runs as soon as what it reads is right, whatever else is wrong: one error lists every mistake.
sharedAddress._zod.def.when = ({ value }) =>
  z.object({ ports, director: director.exactOptional() }).safeParse(value).success;

/** Settings of a stack on an AKS cluster. */
export const aksSettings = base.check(sharedAddress);

/** Name of the workload's Service; the address of the workload inside the cluster follows from it. */
export function serviceName(settings: AksSettings): string {
  return `${settings.workload.app}-udp`;
}

/** What the director leads to. */
export function directorTarget(settings: AksSettings): DirectorTarget {
  const { service, namespace } = settings.workload;
  const published = settings.ports.filter(
    ({ protocol, exposure }) => protocol === Protocol.Udp && exposure !== Exposure.Internal,
  );
  return {
    service,
    namespace,
    hostname: `${serviceName(settings)}.${namespace}.svc.cluster.local`,
    udpPorts: Object.fromEntries(published.map(({ name, port }) => [name, port])),
  };
}

/** The block `udp:aks`, validated, with its defaults filled in. */
export type AksSettings = z.output<typeof base>;
