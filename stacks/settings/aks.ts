import { Exposure, Protocol } from "pulumi-udp/endpoint";
import type { DirectorConfigInput } from "udp-director/config-schema";
import { z } from "zod";
import { RESERVED_TAGS } from "../../components/aks/limits.ts";
import { clusterSettings } from "./aks-cluster.ts";
import { type DirectorTarget, director } from "./director.ts";
import { checkProbes, publishedDirectory } from "./directory.ts";
import { dns } from "./dns.ts";
import { block, flag, namespaceName, pattern, text, textMap } from "./fields.ts";
import { ports } from "./ports.ts";

/** Leaves room for the ending of the Service's name. */
const APP_NAME = /^[a-z]([a-z0-9-]{0,57}[a-z0-9])?$/;

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

const base = block({
  /** The cluster, looked up or made. */
  cluster: clusterSettings,
  /** The Porter application behind the endpoint. */
  workload: block({
    /** `porter.run/app-name` of the pods. */
    app: pattern(APP_NAME, "the Porter application's name, at most 59 of a-z, 0-9 and hyphens"),
    /** `porter.run/service-name` of the pods. */
    service: text("the Porter service's name"),
    namespace: namespaceName().default("default"),
    /** `porter.run/deployment-target-id`: keeps preview environments of the same app out. */
    deploymentTargetId: text("the id of the Porter deployment target").exactOptional(),
  }),
  /** What the workload publishes. */
  ports,
  dns,
  /** Left out: no director. */
  director: director.exactOptional(),
  /** An endpoint directory; its endpoint is named as the application. Left out: none. */
  directory: publishedDirectory.exactOptional(),
  /** Refuse to delete the address. Seconds of a mistake cost every client's address. */
  protect: flag().default(true),
  /** Azure tags of what this stack creates. */
  tags: tags.default({}),
  /** Don't wait for the load balancer or its pods; for pods that another tool deploys later. */
  skipAwait: flag().default(false),
});

/** Workload, director and directory share an address, on which a port can be taken once only. */
const sharedAddress = z.check<z.output<typeof base>>((payload) => {
  const { director: asked, directory, ports: given } = payload.value;
  const refuse = (path: (string | number)[], message: string) =>
    payload.issues.push({ code: "custom", path, message, input: payload.value });
  const publicPort = directory?.publicPort;
  const queries = asked && ((asked.config as DirectorConfigInput).queryPort ?? 9000);
  const tcp = given.filter(({ protocol }) => protocol === Protocol.Tcp).map(({ port }) => port);
  if (publicPort !== undefined && [...tcp, queries].includes(publicPort)) {
    const message = `${publicPort} is not allowed: TCP ${publicPort} of the address is taken; change one of them`;
    refuse(["directory", "publicPort"], message);
  }
  if (asked === undefined) {
    return;
  }
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
  z
    .object({
      ports,
      director: director.exactOptional(),
      directory: publishedDirectory.exactOptional(),
    })
    .safeParse(value).success;

/** Settings of a stack on an AKS cluster. */
export const aksSettings = base
  .check(sharedAddress)
  .superRefine(({ directory, workload }, context) =>
    checkProbes(context, directory, [workload.app]),
  );

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
