import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { appFiles } from "../../image/rootfs.ts";
import type { DirectorConfigInput } from "../config/schema.ts";
import { testConfig, testDirector } from "../testing/director.ts";

const PAGE = join(import.meta.dirname, "page");
const isPart = (name: string) => /\.(?:html|css|js|svg)$/.test(name);

const start = async (t: Parameters<typeof testDirector>[0], admin: DirectorConfigInput["admin"]) =>
  `http://127.0.0.1:${(await testDirector(t, testConfig([], { admin }))).adminPort}`;

/** A request with headers that `fetch` does not let anybody set. */
const status = (url: string, headers: Record<string, string>, method = "GET") =>
  new Promise<number | undefined>((resolve, reject) => {
    request(url, { method, headers }, (response) => resolve(response.resume().statusCode))
      .on("error", reject)
      .end();
  });

test("the page and its parts are served, each with its type and a strict policy", async (t) => {
  const base = await start(t, {});
  const parts = (await readdir(PAGE)).filter(isPart);
  assert.ok(parts.length > 5);
  const html = await (await fetch(`${base}/`)).text();
  assert.match(html, /<title>udp-director<\/title>/);
  for (const [, part] of html.matchAll(/(?:src|href)="page\/([^"]+)"/g)) {
    assert.ok(parts.includes(part ?? ""), part);
  }
  assert.doesNotMatch(html, /https?:|<style|style=|<script>| on\w+=/);
  for (const part of parts) {
    const response = await fetch(`${base}/page/${part}`);
    const type = part.endsWith(".js") ? "text/javascript" : part.endsWith(".css") ? "text/css" : "";
    assert.equal(response.status, 200, part);
    assert.ok(response.headers.get("content-type")?.startsWith(type), part);
    const policy = response.headers.get("content-security-policy") ?? "";
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ]) {
      assert.ok(policy.includes(rule), `${part}: ${rule}`);
    }
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  }
  for (const other of ["/page/tsconfig.json", "/page/..%2fcontrol.ts", "/page/figures.test.ts"]) {
    assert.equal((await fetch(base + other)).status, 404, other);
  }
});

test("the page needs no token, everything that it asks for does", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "udp-director-page-"));
  t.after(() => rm(folder, { recursive: true }));
  const tokenFile = join(folder, "token");
  await writeFile(tokenFile, "secret\n");
  const base = await start(t, { tokenFile });
  for (const open of ["/", "/page/main.js"]) assert.equal((await fetch(base + open)).status, 200);
  for (const closed of ["/v1/summary", "/v1/events", "/openapi.json", "/page/nothing.js"]) {
    assert.equal((await fetch(base + closed)).status, 401, closed);
  }
});

test("without a token, pages of other sites get nothing, but may link to the page", async (t) => {
  const base = await start(t, {});
  for (const site of ["cross-site", "same-site"]) {
    const headers = { "sec-fetch-site": site };
    assert.equal(await status(`${base}/v1/summary`, headers), 403);
    assert.equal(await status(`${base}/v1/sessions/1`, headers, "DELETE"), 403);
    assert.equal(await status(`${base}/`, headers), 200);
  }
  assert.equal(await status(`${base}/v1/summary`, { "sec-fetch-site": "same-origin" }), 200);
});

test("the image and the npm package carry every part of it", async () => {
  const parts = (await readdir(PAGE)).filter(isPart);
  const image = appFiles();
  const output = execFileSync("npm", ["pack", "--dry-run", "--json", "--loglevel=error"], {
    cwd: join(import.meta.dirname, "../.."),
    encoding: "utf8",
  });
  const packs = Object.values(JSON.parse(output)) as { files: { path: string }[] }[];
  const packed = new Set(packs.flatMap(({ files }) => files.map(({ path }) => path)));
  for (const part of parts) {
    assert.ok(image.has(`app/udp-director/src/admin/page/${part}`), part);
    assert.ok(packed.has(`src/admin/page/${part}`), part);
  }
});
