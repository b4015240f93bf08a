import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import type { FastifyInstance } from "fastify";

const FOLDER = join(import.meta.dirname, "page");

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * Names and labels on the page come from clients and resources. Nothing but the page's own files
 * runs (`script-src`), and no text can become markup (`require-trusted-types-for`).
 */
const HEADERS = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-cache",
};

/** The live page at `/`, its files below `/page/`. Read once; nothing else can be asked for. */
export function addPage(app: FastifyInstance): void {
  const add = (url: string, name: string) => {
    const body = readFileSync(join(FOLDER, name), "utf8");
    app.get(url, { config: { open: true } }, async (_request, reply) =>
      reply
        .headers(HEADERS)
        .type(TYPES[extname(name)] ?? "")
        .send(body),
    );
  };
  for (const name of readdirSync(FOLDER)) {
    if (TYPES[extname(name)] !== undefined) add(`/page/${name}`, name);
  }
  add("/", "index.html");
}
