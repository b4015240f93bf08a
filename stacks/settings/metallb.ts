import { z } from "zod";
import { clusterAccess } from "./cluster-access.ts";
import { checkDirectorConfig, directorKeys } from "./director.ts";
import { checkProbes, directoryOnAddress } from "./directory.ts";
import { dns } from "./dns.ts";
import {
  block,
  expected,
  flag,
  ipAddress,
  namespaceName,
  objectName,
  portNumber,
} from "./fields.ts";
import { metalLbNetwork, requestMistakes } from "./metallb-network.ts";
import { websocket } from "./websocket.ts";

const director = block({
  ...directorKeys,
  /** Namespace of the director's own pods. */
  namespace: namespaceName().default("default"),
  /** Left out: MetalLB chooses. */
  address: ipAddress().exactOptional(),
  /** The Service that it leads to. */
  target: block({
    /** Name of the Service, and of what queries ask for. */
    service: objectName(),
    namespace: namespaceName().default("default"),
    /** UDP ports of the Service by name; sessions go to the first. */
    ports: z
      .record(z.string(), portNumber(), { error: expected("a map of names to UDP ports") })
      .refine((given) => Object.keys(given).length > 0, {
        error: expected("a map of at least one name to its UDP port"),
      }),
  }),
  dns: dns.exactOptional(),
  /** Don't wait for the load balancer. */
  skipAwait: flag().default(false),
}).superRefine(checkDirectorConfig);

const base = block({
  cluster: clusterAccess.prefault({}),
  metallb: metalLbNetwork,
  /** This, `director`, or both. */
  websocket: websocket.exactOptional(),
  /** This, `websocket`, or both. */
  director: director.exactOptional(),
  /** An endpoint directory of both. Left out: none. */
  directory: directoryOnAddress.exactOptional(),
});

const fitting = z.check<z.output<typeof base>>((payload) => {
  const { director: leading, websocket: talking, directory, metallb } = payload.value;
  const refuse = (path: (string | number)[], message: string) =>
    payload.issues.push({ code: "custom", path, message, input: payload.value });
  if (leading === undefined && talking === undefined) {
    refuse(["websocket"], "is missing, and so is director: give one of them, or both");
  }
  const requests = [
    { at: ["websocket", "address"], address: talking?.address },
    { at: ["director", "address"], address: leading?.address },
    { at: ["directory", "address"], address: directory?.address },
  ];
  for (const { path, message } of requestMistakes(requests, metallb.addresses)) {
    refuse(path, message);
  }
});

/** Settings of a stack on a cluster of one's own, with MetalLB. */
export const metalLbSettings = base
  .check(fitting)
  .superRefine(({ directory, director: leading, websocket: talking }, context) =>
    checkProbes(context, directory, [
      ...(leading === undefined ? [] : ["director"]),
      ...(talking === undefined ? [] : ["websocket"]),
    ]),
  );

/** The block `udp:metallb`, validated, with its defaults filled in. */
export type MetalLbSettings = z.output<typeof base>;
