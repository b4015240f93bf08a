import { z } from "zod";
import { hostName } from "../../components/endpoint/host-name.ts";
import { checkSelector } from "../../components/kubernetes/selector.ts";
import { tell } from "./checked.ts";
import { dns } from "./dns.ts";
import {
  block,
  expected,
  flag,
  ipAddress,
  listOf,
  namespaceName,
  oneOf,
  pattern,
  portNumber,
  text,
  textMap,
  whole,
} from "./fields.ts";

const HOST = hostName({ wildcard: true });

/** Labels of pods. */
export const podLabels = () =>
  textMap("the pods' labels").superRefine((given, context) =>
    tell(context, () => checkSelector(given, "")),
  );

const acme = block({
  /** Where the authority writes to before certificates end. */
  email: z.email({ error: expected("an address of mail") }),
  /** A secret: token of Cloudflare's API with Zone:Read and DNS:Edit. */
  cloudflareToken: text("a token of Cloudflare's API, as a secret").exactOptional(),
  /** A Secret of cert-manager's namespace that has the token. */
  tokenSecret: block({ name: text("a Secret's name"), key: text("a key in it") }).exactOptional(),
  /** Left out: Let's Encrypt, production. */
  server: z.httpUrl({ error: expected("an https address of a directory") }).exactOptional(),
}).superRefine((given, context) => {
  if ((given.cloudflareToken === undefined) === (given.tokenSecret === undefined)) {
    const message =
      given.tokenSecret === undefined
        ? "is missing: give the token here as a secret, or a Secret that has it as tokenSecret"
        : "is not allowed together with tokenSecret: give one of the two";
    context.addIssue({ code: "custom", path: ["cloudflareToken"], message });
  }
});

/** Certificates: who signs, and who ends TLS. */
const tls = block({
  hosts: listOf(pattern(HOST, "a host name in small letters"), "host name"),
  termination: oneOf(["WORKLOAD", "INGRESS"]).default("WORKLOAD"),
  /** Goes with INGRESS. */
  controller: oneOf(["traefik", "nginx"]).exactOptional(),
  /** False: cert-manager is in the cluster already. */
  installCertManager: flag().default(true),
  certManagerNamespace: namespaceName().default("cert-manager"),
  /** An issuer that is there. */
  issuer: block({
    name: text("the issuer's name, such as letsencrypt-prod"),
    kind: oneOf(["ClusterIssuer", "Issuer"]).default("ClusterIssuer"),
  }).exactOptional(),
  /** Certificates that everybody trusts, proven by records at Cloudflare. */
  acme: acme.exactOptional(),
  /** A root of one's own, for private networks. */
  privateCa: block({
    commonName: text("the root's name").default("pulumi-udp root"),
    days: whole(1, 7300, "days").default(3650),
  }).exactOptional(),
}).superRefine(({ issuer, acme: authority, privateCa, controller, termination }, context) => {
  const refuse = (key: string, message: string) =>
    context.addIssue({ code: "custom", path: [key], message });
  const given = [issuer, authority, privateCa].filter((one) => one !== undefined);
  if (given.length !== 1) {
    refuse(
      "issuer",
      `${given.length === 0 ? "is missing" : "is not alone"}: give exactly one of issuer, acme and privateCa`,
    );
  }
  if (controller !== undefined && termination === "WORKLOAD") {
    refuse("controller", "is given, but the workload ends TLS: leave it out");
  }
});

/** A workload that speaks WebSocket, behind an address of its own. */
export const websocket = block({
  /** Labels of the pods. */
  selector: podLabels(),
  namespace: namespaceName().default("default"),
  port: portNumber().default(443),
  targetPort: portNumber().default(8080),
  /** Left out: MetalLB chooses. */
  address: ipAddress().exactOptional(),
  /** Addresses of the router that forwards the port. Left out: the pool's. */
  publicAddresses: listOf(ipAddress(), "address").exactOptional(),
  /** Time that a client's address stays with its pod. */
  affinitySeconds: whole(1, 86_400, "seconds").default(10_800),
  /** Time that a pod has to close its connections. */
  drainSeconds: whole(30, 86_400, "seconds").default(3600),
  tls: tls.exactOptional(),
  dns: dns.exactOptional(),
  /** Don't wait for pods; for those that another tool deploys. */
  skipAwait: flag().default(false),
}).superRefine((given, context) => {
  const ingress = given.tls?.termination === "INGRESS";
  if (ingress && given.address !== undefined) {
    const message = "is given, but with INGRESS the controller has the address: leave it out";
    context.addIssue({ code: "custom", path: ["address"], message });
  }
  if (ingress && given.publicAddresses === undefined) {
    const message = "is missing: with INGRESS the addresses are those of the controller";
    context.addIssue({ code: "custom", path: ["publicAddresses"], message });
  }
});

export type WebSocketSettings = z.output<typeof websocket>;
