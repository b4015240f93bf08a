import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile } from "node:fs/promises";
import https from "node:https";
import { json } from "node:stream/consumers";
import { test } from "node:test";
import { TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { query } from "../client/index.ts";
import { directorConfigSchema } from "../config/schema.ts";
import { certificates, noOpenssl } from "../testing/certificates.ts";
import { echoResource, testConfig, testDirector, testEcho } from "../testing/director.ts";
import { traffic } from "../testing/traffic.ts";

const BIN = new URL("../../bin/udp-director.js", import.meta.url).pathname;
const skip = noOpenssl;

/** The status and the server's certificate of a request, or the reason why there is none. */
function get(port: number | undefined, options: https.RequestOptions, path = "/v1/summary") {
  return new Promise<{ status: number | undefined; serial: string; body: unknown }>(
    (resolve, reject) => {
      https
        .get({ host: "127.0.0.1", port, path, agent: false, ...options }, async (response) => {
          const { socket } = response;
          const serial =
            socket instanceof TLSSocket ? socket.getPeerCertificate().serialNumber : "";
          resolve({
            status: response.statusCode,
            serial,
            body: await json(response).catch(() => ""),
          });
        })
        .on("error", reject);
    },
  );
}

test("the admin port speaks TLS only, to whom trusts its authority", { skip }, async (t) => {
  const { files, ca } = await certificates(t);
  const { adminPort } = await testDirector(t, testConfig([], { admin: { tls: files } }));
  assert.equal((await get(adminPort, { ca })).status, 200);
  assert.equal((await get(adminPort, { ca }, "/")).status, 200);
  const byName = { ca, host: "localhost", servername: "localhost", family: 4 };
  assert.equal((await get(adminPort, { ...byName, headers: { host: "director" } })).status, 200);
  await assert.rejects(get(adminPort, {}), /self-signed|unable to|certificate/);
  await assert.rejects(get(adminPort, { ca, maxVersion: "TLSv1.1" }), /protocol|alert|version/i);
  await assert.rejects(fetch(`http://127.0.0.1:${adminPort}/v1/summary`));
});

test("with clientCaFile only clients with a certificate of it get in, with a token as well", {
  skip,
}, async (t) => {
  const { files, ca, client, clientCaFile, file } = await certificates(t);
  const other = await certificates(t);
  const tls = { ...files, clientCaFile };
  const { adminPort } = await testDirector(t, testConfig([], { admin: { tls } }));
  assert.equal((await get(adminPort, { ca, ...client })).status, 200);
  for (const stranger of [{}, other.client]) {
    await assert.rejects(get(adminPort, { ca, ...stranger }), /alert|ECONNRESET|socket hang up/);
    await assert.rejects(get(adminPort, { ca, ...stranger }, "/"), /alert|ECONNRESET|hang up/);
  }
  const both = await testDirector(
    t,
    testConfig([], { admin: { tls, tokenFile: file("server.crt") } }),
  );
  assert.equal((await get(both.adminPort, { ca, ...client })).status, 401);
});

test("renewed certificates are served without a restart, broken ones are not", {
  skip,
}, async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const { files, ca } = await certificates(t);
  const next = await certificates(t);
  const director = await testDirector(t, testConfig([], { admin: { tls: files } }));
  const first = await get(director.adminPort, { ca });
  /** Lets the files be looked at until the log has such a line. */
  const noted = async (pattern: RegExp) => {
    for (let n = 0; n < 500 && !director.lines.some((line) => pattern.test(line)); n++) {
      t.mock.timers.tick(5000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(
      director.lines.some((line) => pattern.test(line)),
      director.lines.join("\n"),
    );
  };
  await copyFile(next.files.certFile, files.certFile);
  await noted(/^admin\.tls: .* are no certificate and its key.*the last good ones stay$/);
  assert.equal((await get(director.adminPort, { ca })).serial, first.serial);
  await copyFile(next.files.keyFile, files.keyFile);
  await noted(/^read the renewed certificates of admin\.tls$/);
  assert.notEqual((await get(director.adminPort, { ca: next.ca })).serial, first.serial);
});

test("the commands reach it with --ca, --cert and --key, and say why they cannot", {
  skip,
}, async (t) => {
  const { files, clientCaFile, file } = await certificates(t);
  const echo = await testEcho(t, "a");
  const admin = { tls: { ...files, clientCaFile } };
  const director = await testDirector(t, testConfig([echoResource("a", echo.port)], { admin }));
  const wanted = { resourceType: "echo", namespace: "local" };
  const client = await traffic(t, director, (await query(director.at, wanted)).token, 10);
  await client.answeredBy("a");
  const at = ["--admin", `https://127.0.0.1:${director.adminPort}`];
  const own = ["--cert", file("client.crt"), "--key", file("client.key")];
  const run = (...args: string[]) => promisify(execFile)(process.execPath, [BIN, ...args, ...at]);
  const trusted = ["--ca", file("ca.crt")];
  const { stdout } = await run("sessions", "list", ...trusted, ...own);
  assert.match(stdout, /echo\/local\/a/);
  const top = await run("top", "--count", "1", "--interval", "1", ...trusted, ...own);
  assert.match(top.stdout, /session_opened/);
  await assert.rejects(run("sessions", "list", ...own), /no answer from https:.*certificate/);
  await assert.rejects(run("sessions", "list", ...trusted), /no answer from https:/);
  await assert.rejects(run("sessions", "list", "--ca", "/nowhere"), /cannot read the authority/);
});

test("an authority for clients is enough for an address that others reach", () => {
  const config = (tls: object) => ({
    resourceQueryMapping: {},
    discovery: { static: { resources: [] } },
    admin: { listen: ["0.0.0.0"], tls: { certFile: "c", keyFile: "k", ...tls } },
  });
  const mistakes = (tls: object) =>
    directorConfigSchema
      .safeParse(config(tls))
      .error?.issues.map(({ path }) => path.join("."))
      .filter((path) => path.startsWith("admin"));
  assert.deepEqual(mistakes({}), ["admin.tokenFile"]);
  assert.deepEqual(mistakes({ clientCaFile: "ca" }) ?? [], []);
});
