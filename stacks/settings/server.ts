import { Exposure, Protocol } from "pulumi-udp/endpoint";
import { z } from "zod";
import { hostName } from "../../components/endpoint/host-name.ts";
import { block, expected, listOf, objectName, pattern, portNumber, text, whole } from "./fields.ts";
import type { ports } from "./ports.ts";

const HOST = hostName();

/** Text that everybody may read who may describe the server. */
const open = (what: string) =>
  z
    .string({ error: expected(what) })
    .regex(/^[^\r\n\0]*$/, { error: expected(`${what}, of one line`) })
    .refine((given) => !/PRIVATE KEY|^AKIA[A-Z0-9]{16}$|^dop_v1_|^ghp_/.test(given), {
      error:
        "looks like a secret, and everybody on the server can read this: have the service fetch it",
    });

/** A program that a server runs with systemd. */
const service = block({
  name: objectName(),
  /** With its registry, and a tag or digest. This or `binary`. */
  image: pattern(
    /^[a-z0-9.-]+(:\d+)?\/[^\s]+[:@][^\s]+$/,
    'an image with its registry and a tag, such as "docker.io/library/nginx:1.29"',
  ).exactOptional(),
  /** A program for the server's architecture, downloaded. This or `image`. */
  binary: block({
    url: pattern(/^https:\/\/[^\s@?]+$/, "an https:// URL without credentials or a query"),
    sha256: pattern(/^[0-9a-f]{64}$/, "the file's SHA-256, 64 hex digits in small letters"),
  }).exactOptional(),
  /** Arguments in place of those of the image. */
  command: z.array(open("an argument"), { error: expected("a list of arguments") }).default([]),
  environment: z
    .record(z.string().regex(/^\w+$/), open("text (quote it in YAML)"), {
      error: expected("a map of variables to their text"),
    })
    .default({}),
  /** Answers 2xx while it works; it is started anew when it does not. Left out: it is not asked. */
  health: block({
    port: portNumber(),
    path: pattern(/^\/[\w./-]*$/, 'a path such as "/readyz"').default("/readyz"),
  }).exactOptional(),
}).superRefine(({ image, binary }, context) => {
  if ((image === undefined) === (binary === undefined)) {
    const message = "and binary: give exactly one of the two";
    context.addIssue({ code: "custom", path: ["image"], message });
  }
});

/** What a server of one's own runs. */
export const server = block({
  services: listOf(service, "{ name, image }").superRefine((given, context) => {
    for (const [index, { name }] of given.entries()) {
      if (given.findIndex((other) => other.name === name) < index) {
        const message = `"${name}" is not allowed: another service has this name`;
        context.addIssue({ code: "custom", path: [index, "name"], message });
      }
    }
  }),
  /** A certificate of an authority, asked for over TCP 80. This or `selfSigned`. */
  acme: block({
    host: pattern(HOST, "a host name in small letters"),
    email: z.email({ error: expected("where the authority writes to") }),
    /** Left out: Let's Encrypt, production. */
    server: pattern(/^https:\/\/\S+$/, "an authority's directory, https://").exactOptional(),
  }).exactOptional(),
  /** A certificate that the server makes for itself; its key stays there. */
  selfSigned: block({
    host: pattern(HOST, "a host name in small letters"),
    days: whole(1, 7300, "days").default(365),
  }).exactOptional(),
}).superRefine(({ acme, selfSigned }, context) => {
  if (acme !== undefined && selfSigned !== undefined) {
    const message = "is given together with selfSigned: give one of the two";
    context.addIssue({ code: "custom", path: ["acme"], message });
  }
});

/** Tells that an authority is to reach a server on a port that it does not publish. */
export function checkAcme(
  context: z.RefinementCtx,
  given: z.output<typeof server> | undefined,
  published: z.output<typeof ports>,
): void {
  const open = published.some(
    ({ port, protocol, exposure }) =>
      port === 80 && protocol === Protocol.Tcp && exposure !== Exposure.Internal,
  );
  if (given?.acme !== undefined && !open) {
    const message =
      "is given, but nobody reaches TCP 80, where the authority asks: add it to ports";
    context.addIssue({ code: "custom", path: ["server", "acme"], message });
  }
}

/** Networks that may connect. */
export const networks = () => listOf(text('a network such as "203.0.113.7/32"'), "network");
