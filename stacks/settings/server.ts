import { z } from "zod";
import { block, expected, listOf, objectName, pattern, text, whole } from "./fields.ts";

const HOST = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Text that everybody may read who may describe the server. */
const open = (what: string) =>
  z
    .string({ error: expected(what) })
    .regex(/^[^\r\n\0]*$/, { error: expected(`${what}, of one line`) })
    .refine((given) => !/PRIVATE KEY|^AKIA[A-Z0-9]{16}$|^dop_v1_|^ghp_/.test(given), {
      error:
        "looks like a secret, and everybody on the server can read this: have the service fetch it",
    });

/** A program in a container, which a server runs with systemd. */
const service = block({
  name: objectName(),
  /** With its registry, and a tag or digest. */
  image: pattern(
    /^[a-z0-9.-]+(:\d+)?\/[^\s]+[:@][^\s]+$/,
    'an image with its registry and a tag, such as "docker.io/library/nginx:1.29"',
  ),
  /** Arguments in place of those of the image. */
  command: z.array(open("an argument"), { error: expected("a list of arguments") }).default([]),
  environment: z
    .record(z.string().regex(/^\w+$/), open("text (quote it in YAML)"), {
      error: expected("a map of variables to their text"),
    })
    .default({}),
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
  /** A certificate that the server makes for itself; its key stays there. */
  selfSigned: block({
    host: pattern(HOST, "a host name in small letters"),
    days: whole(1, 7300, "days").default(365),
  }).exactOptional(),
});

/** Networks that may connect. */
export const networks = () => listOf(text('a network such as "203.0.113.7/32"'), "network");
