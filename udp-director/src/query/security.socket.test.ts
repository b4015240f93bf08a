import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { exchange, query } from "../client/index.ts";
import { certificates, noOpenssl } from "../testing/certificates.ts";
import { echoResource, testConfig, testDirector } from "../testing/director.ts";
import { QueryCredentials } from "./credentials.ts";

const run = promisify(execFile);
const skip = noOpenssl;
const wanted = { resourceType: "echo", namespace: "local" };

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "udp-director-tls-"));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

test("over TLS a query is answered to whom trusts the authority, plain text to nobody", {
  skip,
}, async (t) => {
  const { files, ca } = await certificates(t);
  const director = await testDirector(t, testConfig([echoResource("a", 9)], { queryTls: files }));
  const grant = await query({ ...director.at, tls: { ca } }, wanted);
  assert.match(grant.token, /^[0-9a-f-]{36}$/);
  await assert.rejects(
    query({ ...director.at, tls: {} }, wanted),
    /self-signed|unable to|certificate/,
  );
  await assert.rejects(exchange({ ...director.at, timeoutMs: 2000 }, JSON.stringify(wanted)));
  const errors = 'udp_director_errors_total{error_type="tls_handshake",component="query_server"}';
  assert.ok(((await director.metric(errors)) ?? 0) >= 1);
});

test("with client authorities only their certificates get an answer", { skip }, async (t) => {
  const { files, clientCaFile, ca, client } = await certificates(t);
  const stranger = (await certificates(t)).client;
  const queryTls = { ...files, clientCaFile };
  const director = await testDirector(t, testConfig([echoResource("a", 9)], { queryTls }));
  await query({ ...director.at, tls: { ca, ...client } }, wanted);
  await assert.rejects(query({ ...director.at, tls: { ca } }, wanted), {
    name: "DirectorUnreachable",
  });
  await assert.rejects(query({ ...director.at, tls: { ca, ...stranger } }, wanted), {
    name: "DirectorUnreachable",
  });
});

test("the command line reaches a query port behind client certificates and a token", {
  skip,
}, async (t) => {
  const { files, clientCaFile, file } = await certificates(t);
  await writeFile(file("bearer"), "secret\n");
  const config = testConfig([echoResource("a", 9)], {
    queryTls: { ...files, clientCaFile },
    queryTokensFile: file("bearer"),
  });
  const director = await testDirector(t, config);
  const bin = new URL("../../bin/udp-director.js", import.meta.url).pathname;
  const wants = ["--type", "echo", "--namespace", "local", "--query-port", `${director.queryPort}`];
  const query = [bin, "query", ...wants, "--ca", clientCaFile, "--bearer-file", file("bearer")];
  const mutual = ["--cert", file("client.crt"), "--key", file("client.key")];
  const { stdout } = await run(process.execPath, [...query, ...mutual]);
  assert.match(JSON.parse(stdout).token, /^[0-9a-f-]{36}$/);
  await assert.rejects(run(process.execPath, query), { code: 1 });
  await assert.rejects(run(process.execPath, [...query, "--key", "/none"]), {
    code: 2,
    stderr: /^udp-director: --key: cannot read \/none: ENOENT/,
  });
});

test("a handshake that never comes counts as a connection of its source and is cut", {
  skip,
}, async (t) => {
  const { files, ca } = await certificates(t);
  const config = testConfig([echoResource("a", 9)], {
    queryTls: files,
    limits: { queryTimeoutSeconds: 1 },
    protection: { exempt: [], maxQueryConnectionsPerSource: 1 },
  });
  const director = await testDirector(t, config);
  const silent = connect(director.queryPort, "127.0.0.1");
  silent.on("error", () => undefined);
  await new Promise((resolve) => silent.once("connect", resolve));
  const tls = { ca };
  await assert.rejects(query({ ...director.at, tls, timeoutMs: 500 }, wanted));
  await new Promise((resolve) => silent.once("close", resolve));
  await query({ ...director.at, tls }, wanted);
});

test("a query needs one of the tokens where there are some; wrong ones lead to a ban", async (t) => {
  const path = join(await folder(t), "tokens");
  await writeFile(path, "old\nnew\n\n");
  const config = testConfig([echoResource("a", 9)], {
    queryTokensFile: path,
    protection: { exempt: [], tokenFailures: { count: 3 } },
  });
  const director = await testDirector(t, config);
  for (const bearer of ["old", "new"]) await query({ ...director.at, bearer }, wanted);
  await assert.rejects(query(director.at, wanted), { message: "Unauthorized" });
  await assert.rejects(query({ ...director.at, bearer: "" }, wanted), { message: "Unauthorized" });
  assert.match(await exchange(director.at, '{"bearer":' + '1,"a"}'), /Invalid JSON/);
  await assert.rejects(query({ ...director.at, bearer: "older" }, wanted), {
    message: "Unauthorized",
  });
  await assert.rejects(
    query({ ...director.at, bearer: "old" }, wanted),
    /closed without an answer/,
  );
});

test("renewed files work at once, broken ones keep the last good ones, bad ones end the start", {
  skip,
}, async (t) => {
  const first = await certificates(t);
  const second = await certificates(t);
  const path = join(await folder(t), "tokens");
  await writeFile(path, "old\n");
  const notes: string[] = [];
  const files = { queryTls: first.files, queryTokensFile: path };
  const credentials = await QueryCredentials.open(files, (line) => void notes.push(line), 10);
  t.after(() => credentials.close());
  const renewed: unknown[] = [];
  credentials.onTls = (tls) => void renewed.push(tls.cert);
  const body = (bearer: string) => Buffer.from(JSON.stringify({ bearer }));
  const until = async (done: () => boolean) => {
    for (let n = 0; n < 200 && !done(); n++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    assert.ok(done(), notes.join("\n"));
  };
  assert.equal(credentials.authorizes(body("new")), false);
  await writeFile(path, "new\n");
  await until(() => credentials.authorizes(body("new")));
  assert.equal(credentials.authorizes(body("old")), false);
  await writeFile(path, "");
  await until(() => notes.some((line) => /has no token; .*; the last good ones stay$/.test(line)));
  assert.equal(credentials.authorizes(body("new")), true);
  await writeFile(path, "new\n");
  const [cert, key] = [second.files.certFile, second.files.keyFile];
  const both = [await readFile(cert, "utf8"), await readFile(key, "utf8")] as const;
  await writeFile(first.files.certFile, both[0]);
  await until(() => notes.some((line) => /are no certificate and its key/.test(line)));
  await writeFile(first.files.keyFile, both[1]);
  await until(() => renewed.at(-1) === both[0]);

  const broken = { queryTls: { ...first.files, keyFile: first.clientCaFile } };
  await assert.rejects(
    QueryCredentials.open(broken, () => undefined),
    {
      name: "SettingError",
      message: /^queryTls: .*ca\.crt are no certificate and its key: /,
    },
  );
  await assert.rejects(
    QueryCredentials.open({ queryTokensFile: first.file("none") }, () => undefined),
    { name: "SettingError", message: /^queryTokensFile: cannot read .*ENOENT/ },
  );
});
