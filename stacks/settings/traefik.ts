import { Protocol } from "pulumi-udp/endpoint";
import { z } from "zod";
import { checkPools, DEFAULT_POOLS } from "../../components/traefik/entry-points.ts";
import { checkTcpRoute, entryPointOf } from "../../components/traefik/route-args.ts";
import { tell } from "./checked.ts";
import { kubeconfigAccess } from "./cluster-access.ts";
import { checkProbes, directory } from "./directory.ts";
import { dns } from "./dns.ts";
import {
  block,
  expected,
  flag,
  ipAddress,
  listOf,
  namespaceName,
  objectName,
  oneOf,
  pattern,
  portNumber,
  text,
  textMap,
  whole,
} from "./fields.ts";
import { metalLbNetwork, requestMistakes } from "./metallb-network.ts";

const pool = ({ from, to }: { readonly from: number; readonly to: number }) =>
  block({ from: portNumber().default(from), to: portNumber().default(to) }).prefault({});

const gateway = block({
  namespace: namespaceName().default("traefik"),
  /** A change restarts Traefik. */
  tcpPorts: pool(DEFAULT_POOLS.tcp),
  /** A change restarts Traefik. */
  udpPorts: pool(DEFAULT_POOLS.udp),
  /** Ports of the pools that something else uses. */
  reservedPorts: z.array(portNumber(), { error: expected("a list of ports") }).default([]),
  udpIdleSeconds: whole(1, 86_400, "seconds").default(60),
  replicas: whole(1, 100, "pods").default(2),
}).superRefine(({ tcpPorts, udpPorts }, context) =>
  tell(context, () => checkPools({ tcp: tcpPorts, udp: udpPorts })),
);

const route = block({
  name: objectName(),
  protocol: oneOf([Protocol.Tcp, Protocol.Udp]),
  /** Left out: one of the pool that nobody ever used, kept for the route's life. */
  port: portNumber().exactOptional(),
  namespace: namespaceName().default("default"),
  backends: listOf(
    block({
      service: text("a Service's name"),
      port: portNumber(),
      weight: whole(0, 1_000_000, "a share").exactOptional(),
    }),
    "{ service, port }",
  ),
  /** What clients of a TCP route speak. */
  application: oneOf(["CLIENT_FIRST", "MYSQL", "POSTGRES", "SERVER_FIRST"]).exactOptional(),
  /** Route TCP by the name that clients ask for. */
  tls: block({
    mode: oneOf(["PASSTHROUGH", "TERMINATE"]).default("PASSTHROUGH"),
    hosts: listOf(text("a host name"), "host name"),
    secretName: text("a Secret with the certificate").exactOptional(),
  }).exactOptional(),
  /** Name of its own within the zone of `dns`, which leads to the gateway. */
  hostname: pattern(/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/, "a name within the zone").exactOptional(),
}).superRefine((given, context) => {
  if (given.protocol === Protocol.Udp) {
    for (const key of ["application", "tls"] as const) {
      if (given[key] !== undefined) {
        const message = "is given, but UDP has nothing to route by: leave it out";
        context.addIssue({ code: "custom", path: [key], message });
      }
    }
    return;
  }
  tell(context, () => checkTcpRoute({ ...given, port: 1, gateway: NO_GATEWAY }));
});

const NO_GATEWAY = { namespace: "", ...DEFAULT_POOLS, reservedPorts: [], routeClass: "" };

const base = block({
  cluster: kubeconfigAccess.prefault({}),
  gateway: gateway.prefault({}),
  /** Addresses by MetalLB. This or `service`. */
  metallb: metalLbNetwork.exactOptional(),
  /** Address of the pool that the gateway takes. */
  address: ipAddress().exactOptional(),
  /** The chart's own Service, for what else hands out addresses. This or `metallb`. */
  service: block({
    /** Addresses that clients use; the platform is told of them by `annotations` or `spec`. */
    addresses: listOf(ipAddress(), "address"),
    annotations: textMap("annotations").default({}),
    loadBalancerClass: text("a class of load balancers").exactOptional(),
  }).exactOptional(),
  routes: listOf(route, "{ name, protocol, backends }"),
  dns: dns.exactOptional(),
  /** An endpoint directory of the gateway, named `l4`. Left out: none. */
  directory: directory.exactOptional(),
  /** Don't wait for the load balancer. */
  skipAwait: flag().default(false),
});

/** The block `udp:traefik`, validated, with its defaults filled in. */
export type TraefikSettings = z.output<typeof base>;

/** Settings of a stack with many services behind one gateway. */
export const traefikSettings = base.superRefine((given, context) => {
  const { metallb, service, address, routes, gateway: own } = given;
  const refuse = (path: (string | number)[], message: string) =>
    context.addIssue({ code: "custom", path, message });
  if ((metallb === undefined) === (service === undefined)) {
    refuse(["metallb"], "and service: give exactly one of the two");
  }
  if (address !== undefined && metallb === undefined) {
    refuse(["address"], "is given, but there is no pool: it goes with metallb");
  }
  for (const { path, message } of requestMistakes(
    [{ at: ["address"], address }],
    metallb?.addresses ?? (address === undefined ? [] : [address]),
  )) {
    refuse(path, message);
  }
  checkProbes(context, given.directory, ["l4"]);
  const pools = { ...NO_GATEWAY, tcp: own.tcpPorts, udp: own.udpPorts };
  for (const [index, { name, port, protocol, hostname, tls }] of routes.entries()) {
    if (routes.findIndex((other) => other.name === name) < index) {
      refuse(["routes", index, "name"], `"${name}" is not allowed: another route has this name`);
    }
    if (hostname !== undefined && given.dns === undefined) {
      refuse(["routes", index, "hostname"], "is given, but there is no zone: it goes with dns");
    }
    if (port !== undefined) {
      tell(context, () => entryPointOf(protocol, port, pools), ["routes", index]);
      const other = routes.findIndex((one) => one.port === port && one.protocol === protocol);
      if (other < index && (tls === undefined || routes[other]?.tls === undefined)) {
        const whose = routes[other]?.name;
        const message = `${port} is not allowed: ${protocol} ${port} is that of ${whose}; only TCP routes with tls share one`;
        refuse(["routes", index, "port"], message);
      }
    }
  }
});
