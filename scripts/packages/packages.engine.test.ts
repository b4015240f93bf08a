import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { freePort } from "../../components/testing/free-port.ts";
import { openWorkspace } from "../../simulation/engine/index.ts";
import { preview } from "../../simulation/mini-engine/index.ts";
import { type Packed, packAll } from "./build.ts";
import { type Consumer, openConsumer } from "./consumer.ts";

const root = path.resolve(import.meta.dirname, "../..");
const run = promisify(execFile);
const clouds = globSync("*.ts", { cwd: path.join(root, "examples/minimal") })
  .filter((file) => file !== "local.ts")
  .toSorted();

describe("the packed packages in an empty project outside of the repository", () => {
  let target: string;
  let packed: readonly Packed[];
  let consumer: Consumer;
  const modules = (...parts: string[]) => path.join(consumer.folder, "node_modules", ...parts);
  before(async () => {
    target = await mkdtemp(path.join(tmpdir(), "pulumi-udp-tarballs-"));
    packed = await packAll(target);
    consumer = await openConsumer(packed);
  });
  after(async () => {
    await consumer?.[Symbol.asyncDispose]();
    await rm(target, { recursive: true, force: true });
  });

  test("hold JavaScript with types and sources for every entry, and no tests", () => {
    assert.deepEqual(
      packed.map(({ name }) => name),
      ["udp-director", "pulumi-udp", "pulumi-udp-plugin", "pulumi-udp-policies"],
    );
    for (const { name } of packed) {
      const files = globSync("**/*", { cwd: modules(name) });
      assert.deepEqual(
        files.filter((file) => /\.test\.|(^|\/)testing\//.test(file)),
        [],
        name,
      );
      const {
        exports = {},
        bin = {},
        main,
      } = JSON.parse(readFileSync(modules(name, "package.json"), "utf8"));
      const entries = [main, ...Object.values(bin), ...Object.values(exports)].flatMap((entry) =>
        typeof entry === "object" && entry !== null ? Object.values(entry) : [entry],
      );
      for (const entry of entries.filter((one) => one !== undefined)) {
        assert.ok(existsSync(modules(name, entry as string)), `${name}: ${entry}`);
        assert.doesNotMatch(entry as string, /(?<!\.d)\.ts$/);
      }
    }
    const map = JSON.parse(readFileSync(modules("pulumi-udp/dist/aks/index.js.map"), "utf8"));
    assert.ok(existsSync(modules("pulumi-udp/dist/aks", map.sources[0])), map.sources[0]);
  });

  test("npm brings no cloud's SDK that nobody asked for", async (context) => {
    const folder = await mkdtemp(path.join(target, "npm-"));
    // The plugin is for programs that cannot choose what to install, and brings them all.
    const chosen = packed.filter(({ name }) => name !== "pulumi-udp-plugin");
    const dependencies = Object.fromEntries(chosen.map((one) => [one.name, `file:${one.tarball}`]));
    await writeFile(
      path.join(folder, "package.json"),
      JSON.stringify({ dependencies: { ...dependencies, "@pulumi/digitalocean": "4.80.1" } }),
    );
    try {
      await run("npm", ["install", "--package-lock-only", "--prefer-offline"], { cwd: folder });
    } catch (error) {
      const { stderr } = error as { stderr: string };
      if (/ENOTCACHED|ENOTFOUND|ECONNREFUSED|EAI_AGAIN/.test(stderr)) {
        context.skip("npm reaches no registry and its cache lacks what it asks for");
        return;
      }
      throw error;
    }
    const lock = JSON.parse(readFileSync(path.join(folder, "package-lock.json"), "utf8"));
    const sdks = Object.keys(lock.packages).filter((name) => /\/@pulumi\/[^/]+$/.test(name));
    assert.deepEqual(sdks.toSorted(), [
      "node_modules/@pulumi/digitalocean",
      "node_modules/@pulumi/policy",
      "node_modules/@pulumi/pulumi",
    ]);
  });

  for (const file of clouds) {
    test(`${file} previews, in 15 lines or less`, async () => {
      const lines = readFileSync(path.join(consumer.folder, file), "utf8").trimEnd().split("\n");
      assert.ok(lines.length <= 15, `${lines.length} lines`);
      const { exitCode, diagnostics, resources, outputs, terminal } = await preview({
        ...{ projectDir: consumer.folder, main: file, stack: "dev" },
      });
      assert.deepEqual([exitCode, diagnostics], [0, []], terminal);
      assert.ok(resources.some(({ custom }) => custom));
      assert.ok("endpoint" in outputs);
    });
  }

  test("the plugins of processes and of ports start as JavaScript", async () => {
    for (const launcher of [
      "local/plugin/pulumi-resource-udp-local",
      "traefik/plugin/pulumi-resource-udp-ports",
    ]) {
      const plugin = spawn(modules("pulumi-udp/dist", launcher), ["127.0.0.1:1"], {
        env: { ...process.env, PATH: `${path.dirname(process.execPath)}:${process.env.PATH}` },
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [line] = await once(plugin.stdout.setEncoding("utf8"), "data");
      assert.match(line, /^\d+\n$/, launcher);
      plugin.kill("SIGKILL");
      await once(plugin, "close");
    }
  });

  test("a process of this machine runs from the package on the real engine", async () => {
    const port = await freePort();
    await using workspace = await openWorkspace({
      ...{ projectDir: consumer.folder, main: "local.ts", stack: "dev" },
      config: { port, stateDir: path.join(consumer.folder, ".local") },
    });
    const { succeeded, terminal } = await workspace.up();
    try {
      assert.ok(succeeded, terminal);
      assert.deepEqual(await workspace.outputs(), { address: "127.0.0.1", port });
    } finally {
      const ended = await workspace.destroy();
      assert.ok(ended.succeeded, ended.terminal);
    }
  });

  test("the plugin constructs a component from the package", async () => {
    const program = path.join(root, "test/plugin/program");
    const project = path.join(target, "remote");
    await mkdir(project);
    const settings = {
      name: "remote",
      runtime: { name: "nodejs", options: { typescript: false } },
      packages: { "pulumi-udp": modules("pulumi-udp-plugin") },
    };
    await writeFile(path.join(project, "Pulumi.yaml"), JSON.stringify(settings));
    await using workspace = await openWorkspace({
      ...{ projectDir: project, main: path.join(program, "index.ts"), stack: "dev" },
      config: { remote: true, program: "../../../simulation/test-program/digitalocean.ts" },
      world: { zones: ["example.com"] },
    });
    const { succeeded, terminal } = await workspace.preview();
    assert.ok(succeeded, terminal);
  });

  test("the policies stop a stack from the package", async () => {
    await using workspace = await openWorkspace({
      ...{ projectDir: path.join(root, "policy/testing/broken-stack"), stack: "dev" },
      world: { zones: ["example.com"] },
    });
    const { succeeded, terminal } = await workspace.preview(
      ...["--policy-pack", modules("pulumi-udp-policies")],
    );
    assert.equal(succeeded, false);
    assert.match(terminal, /udp-dns-record-proxied/);
  });

  test("the director's command and client run from the package", async () => {
    const { stdout } = await run(process.execPath, [
      modules("udp-director/dist/bin/udp-director.js"),
      "--help",
    ]);
    assert.match(stdout, /serve/);
    const client = await run(
      process.execPath,
      [
        "--input-type=module",
        "--eval",
        'console.log(typeof (await import("udp-director/client")).DirectorSession)',
      ],
      { cwd: consumer.folder },
    );
    assert.equal(client.stdout, "function\n");
  });

  test("programs in CommonJS require the components", async () => {
    const program = 'console.log(typeof require("pulumi-udp/digitalocean").DoReservedIp)';
    const { stdout } = await run(process.execPath, ["--input-type=commonjs", "--eval", program], {
      cwd: consumer.folder,
    });
    assert.equal(stdout, "function\n");
  });

  for (const [kind, options] of [
    ["modules", { module: "nodenext" }],
    [
      "Pulumi's templates",
      { module: "commonjs", moduleResolution: "node10", ignoreDeprecations: "6.0" },
    ],
  ] as const) {
    test(`types reach programs with the settings of ${kind}`, async () => {
      const file = path.join(consumer.folder, "typed.ts");
      await writeFile(
        file,
        [
          'import { DoReservedIp } from "pulumi-udp/digitalocean";',
          'const ip = new DoReservedIp("x", { region: "nyc1" });',
          "// @ts-expect-error: a region is no number.",
          'new DoReservedIp("y", { region: 1 });',
          "export const { address } = ip;",
        ].join("\n"),
      );
      await writeFile(
        path.join(consumer.folder, "tsconfig.json"),
        JSON.stringify({
          compilerOptions: {
            ...options,
            target: "es2022",
            strict: true,
            noEmit: true,
            skipLibCheck: true,
            types: [],
          },
          files: ["typed.ts"],
        }),
      );
      const tsc = path.join(root, "node_modules/typescript/bin/tsc");
      await run(process.execPath, [tsc, "-p", consumer.folder]).catch(({ stdout }) =>
        assert.fail(stdout),
      );
    });
  }
});
