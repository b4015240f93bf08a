import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { which } from "../../toolchain/debian.ts";
import { deployScript } from "./certificate.ts";
import { FETCH, HEALTH } from "./scripts.ts";

const run = promisify(execFile);
const missing = ["curl", "sha256sum", "install", "sh"].find((one) => which(one) === undefined);
const skip = missing === undefined ? false : `${missing} is not installed`;

/** A folder with a script in it, and a `systemctl` that only notes what it is told. */
function folderWith(t: TestContext, script: string) {
  const folder = mkdtempSync(path.join(tmpdir(), "server-scripts-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "script");
  writeFileSync(file, script);
  const commands = path.join(folder, "bin");
  mkdirSync(commands);
  writeFileSync(path.join(commands, "systemctl"), '#!/bin/sh\necho "$@" >> "$TOLD"\n', {
    mode: 0o755,
  });
  const told = path.join(folder, "told");
  writeFileSync(told, "");
  const env = { PATH: `${commands}:${process.env.PATH}`, TOLD: told, RELAY_HEALTH_PAUSE: "0" };
  return {
    folder,
    told: () => readFileSync(told, "utf8"),
    run: (args: string[], more: Record<string, string> = {}) =>
      run("sh", [file, ...args], { env: { ...env, ...more } }),
  };
}

/** A web server whose answers the test says. */
async function web(t: TestContext, answer: () => { status: number; body: string }) {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked++;
    const { status, body } = answer();
    response.writeHead(status).end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}/file`, asked: () => asked };
}

test("a binary is fetched once, and one with another digest is not there", { skip }, async (t) => {
  const body = "#!/bin/sh\necho here\n";
  const digest = createHash("sha256").update(body).digest("hex");
  const { folder, run: fetched } = folderWith(t, FETCH);
  const { url, asked } = await web(t, () => ({ status: 200, body }));
  const file = path.join(folder, "opt", "agent");
  await assert.rejects(fetched([url, "0".repeat(64), file]), /has another digest than 0{64}/);
  assert.throws(() => statSync(file), { code: "ENOENT" });
  await fetched([url, digest, file]);
  assert.equal(execFileSync(file, { encoding: "utf8" }), "here\n");
  await fetched([url, digest, file]);
  assert.equal(asked(), 2, "what is there is not fetched again");
});

test("a unit that does not answer three times is started anew, others are left alone", {
  skip,
}, async (t) => {
  const { told, run: asked } = folderWith(t, HEALTH);
  const statuses = [503, 200];
  const flapping = await web(t, () => ({ status: statuses.shift() ?? 503, body: "" }));
  await asked(["relay.service", flapping.url]);
  assert.deepEqual([told(), flapping.asked()], ["", 2]);
  await asked(["relay.service", flapping.url]);
  assert.deepEqual([told(), flapping.asked()], ["restart relay.service\n", 5]);
});

test("a new certificate is where programs look, its key for them alone", { skip }, async (t) => {
  const {
    folder,
    told,
    run: deployed,
  } = folderWith(
    t,
    deployScript(["a.service", "b.service"], userInfo().username).replaceAll(/-g \S+/g, ""),
  );
  writeFileSync(path.join(folder, "fullchain.pem"), "chain");
  writeFileSync(path.join(folder, "privkey.pem"), "key");
  const tls = path.join(folder, "tls");
  await deployed([], { RENEWED_LINEAGE: folder, RELAY_TLS_FOLDER: tls });
  assert.equal(readFileSync(path.join(tls, "tls.crt"), "utf8"), "chain");
  assert.equal(statSync(path.join(tls, "tls.key")).mode & 0o777, 0o400);
  assert.equal(told(), "restart --no-block a.service b.service\n");
});
