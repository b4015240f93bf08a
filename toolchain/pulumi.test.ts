import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { findPulumi, NoPulumiCliError, pinnedVersion } from "./pulumi.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "find-pulumi-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** An executable that knows only how to tell its version. */
function place(where: string, version: string): string {
  const file = path.join(folder, where, "pulumi");
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\necho v${version}\n`, { mode: 0o755 });
  return file;
}

function environment(...search: string[]): NodeJS.ProcessEnv {
  return {
    PATH: search.map((where) => path.join(folder, where)).join(path.delimiter),
    XDG_CACHE_HOME: path.join(folder, "cache"),
  };
}

const built = () =>
  `cache/pulumi-udp/pulumi-cli/v${pinnedVersion()}-${process.platform}-${process.arch}`;

test("a CLI on PATH is taken first", async () => {
  const binary = place("bin", "3.300.1");
  place(built(), pinnedVersion());
  const cli = await findPulumi({ environment: environment("empty", "bin") });
  assert.deepEqual([cli.binary, cli.version, cli.source], [binary, "3.300.1", "path"]);
});

test("a CLI that is too old is passed over, with a word", async () => {
  place("old", "3.100.0");
  const binary = place("new", "4.0.0");
  const said: string[] = [];
  const cli = await findPulumi({
    environment: environment("old", "new"),
    progress: (line) => said.push(line),
  });
  assert.equal(cli.binary, binary);
  assert.match(said.join("\n"), /passing over .*old\/pulumi \(3\.100\.0\): 3\.180 or newer/);
});

test("the npm package's own command is no CLI on PATH", async () => {
  place("node_modules/.bin", "3.300.0");
  const binary = place(built(), pinnedVersion());
  const cli = await findPulumi({ environment: environment("node_modules/.bin") });
  assert.deepEqual([cli.binary, cli.source], [binary, "built"]);
});

test("a built CLI gets a language host beside it that points into this clone", async () => {
  place(built(), pinnedVersion());
  const cli = await findPulumi({ environment: environment() });
  const host = path.join(path.dirname(cli.binary), "pulumi-language-nodejs");
  const server = spawn(host, ["127.0.0.1:1"], {
    env: { ...process.env, ...cli.env, PATH: process.env.PATH },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = await once(server.stdout.setEncoding("utf8"), "data");
  server.kill();
  await once(server, "exit");
  assert.match(port, /^\d+\n$/);
});

test("a download that works ends the search", async () => {
  const place3 = (environment_: NodeJS.ProcessEnv) => {
    assert.ok(environment_.XDG_CACHE_HOME);
    place("cache/pulumi-udp/pulumi-download/versions/3.265.0/bin", "3.265.0");
    return Promise.resolve(undefined);
  };
  const cli = await findPulumi({ environment: environment(), download: place3 });
  assert.deepEqual([cli.version, cli.source], ["3.265.0", "download"]);
});

test("with no CLI, no download and no Go, one error says what to do", async () => {
  const search = findPulumi({
    environment: environment(),
    download: async () => "no network",
  });
  await assert.rejects(search, (error: Error) => {
    assert.ok(error instanceof NoPulumiCliError);
    assert.match(error.message, /no Go to build it with\. Install the CLI .* or Go/);
    return true;
  });
});
