import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { stringify } from "yaml";
import { echoResource, testEcho } from "../testing/director.ts";
import { freePorts } from "../testing/free-ports.ts";
import { podMapping } from "../testing/pod-mapping.ts";

/** The serve process follows its configuration file. */

const BIN = new URL("../../bin/udp-director.js", import.meta.url).pathname;

/** A ConfigMap mount: `config.yaml` leads through `..data` to the folder of the day. */
class Mount {
  readonly path: string;
  readonly #folder: string;
  #day = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, "config.yaml");
  }

  /** As the kubelet does it: a new folder, and one rename that swaps the link to it. */
  async swap(content: string): Promise<void> {
    const day = `..day${++this.#day}`;
    await mkdir(join(this.#folder, day));
    await writeFile(join(this.#folder, day, "config.yaml"), content);
    await symlink(day, join(this.#folder, "..data_tmp"));
    await rename(join(this.#folder, "..data_tmp"), join(this.#folder, "..data"));
    if (this.#day === 1) await symlink("..data/config.yaml", this.path);
  }
}

type Child = ChildProcessByStdio<null, Readable, null>;

/** Reads the log until a line holds `text`. */
async function logged(child: Child, text: string): Promise<string> {
  const signal = AbortSignal.timeout(20_000);
  let seen = "";
  for (;;) {
    const line = seen.split("\n").find((one) => one.includes(text));
    if (line !== undefined) return line;
    seen += String((await once(child.stdout, "data", { signal }))[0]);
  }
}

async function setting(t: TestContext, ...options: string[]) {
  const folder = await mkdtemp(join(tmpdir(), "udp-director-reload-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const a = echoResource("a", (await testEcho(t, "a")).port);
  const b = echoResource("b", (await testEcho(t, "b")).port);
  const [queryPort = 0, dataPort = 0, metricsPort = 0] = await freePorts(3);
  const content = (version: string, more: object = {}) =>
    stringify({
      listen: ["127.0.0.1"],
      ...{ queryPort, dataPort, metricsPort },
      defaultEndpoint: {
        ...{ resourceType: "echo", namespace: "local", labelSelector: { version } },
      },
      resourceQueryMapping: {
        echo: podMapping,
      },
      discovery: { static: { resources: [a, b] } },
      ...more,
    });
  const mount = new Mount(folder);
  await mount.swap(content("a"));
  const args = [BIN, "serve", "--config", mount.path, ...options];
  const child: Child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => void (child.exitCode === null && child.kill("SIGKILL")));
  await logged(child, '"msg":"ready"');
  const ask = async () => {
    const socket = createSocket("udp4");
    t.after(() => socket.close());
    const reply = once(socket, "message", { signal: AbortSignal.timeout(10_000) });
    socket.send("x", dataPort, "127.0.0.1");
    return { socket, text: String((await reply)[0]) };
  };
  return { mount, content, child, ask, dataPort };
}

test("a swapped ConfigMap is applied; a wrong one is told with every mistake", async (t) => {
  const { mount, content, child, ask, dataPort } = await setting(t);
  const { socket, text } = await ask();
  assert.equal(text, "a x");
  await mount.swap(content("b"));
  await logged(child, "the configuration was read again and applied");
  assert.equal((await ask()).text, "b x");
  const reply = once(socket, "message", { signal: AbortSignal.timeout(10_000) });
  socket.send("y", dataPort, "127.0.0.1");
  assert.equal(String((await reply)[0]), "a y");

  await mount.swap(content("a", { tokenTtlSeconds: 0, rehom: {} }));
  const line = await logged(child, "the configuration was not applied");
  assert.match(line, /has 2 mistakes: tokenTtlSeconds: .*; rehom: unknown key/);
  assert.equal((await ask()).text, "b x");
  await mount.swap(content("a"));
  await logged(child, "applied");
  assert.equal((await ask()).text, "a x");
});

test("SIGHUP applies the file at once, also where changes are not followed", async (t) => {
  const { mount, content, child, ask } = await setting(t, "--no-reload");
  await mount.swap(content("b", { queryPort: 1 }));
  assert.equal((await ask()).text, "a x");
  child.kill("SIGHUP");
  assert.match(await logged(child, "read again"), /applied; restart for: queryPort/);
  assert.equal((await ask()).text, "b x");
});
