import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { schema, servedSchema } from "../../plugin/schema.ts";
import { say } from "../../scripts/terminal.ts";
import { openWorkspace } from "../../simulation/engine/index.ts";
import { changesOf, succeeded } from "../../simulation/testing/life-cycle.ts";
import { goTool } from "../../toolchain/go-tool.ts";
import { pythonTool } from "../../toolchain/python-tool.ts";

/**
 * The examples in other languages on the real engine: Pulumi's own language host for YAML, its own
 * generator of SDKs, its own SDK for Python.
 */

const root = path.resolve(import.meta.dirname, "../..");
const run = promisify(execFile);
const world = { zones: ["example.com"] };
/** The same deployment in every language. */
const MADE = [
  "create DnsOnlyRecord relay",
  "create DnsRecord relay-a",
  "create DoDropletRelay relay",
  "create DoReservedIp relay",
  "create Droplet relay-droplet",
  "create Firewall relay-firewall",
  "create ReservedIp relay-ip",
  "create ReservedIpAssignment relay-address",
  "create Stack relay-dev",
  "create Tag relay-tag",
];
const published = (address: unknown) => ({
  endpoint: { addresses: [address], ports: [{ name: "quic", port: 4433, protocol: "UDP" }] },
});

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "pulumi-udp-languages-"));
});
after(() => rm(folder, { recursive: true, force: true }));

async function deploy(language: string, ...flags: readonly string[]): Promise<void> {
  // The project elsewhere, as that of somebody who has the plugin at hand.
  const projectDir = path.join(folder, "projects", language);
  await mkdir(projectDir, { recursive: true });
  const project = await readFile(path.join(root, "examples", language, "Pulumi.yaml"), "utf8");
  await writeFile(
    path.join(projectDir, "Pulumi.yaml"),
    project.replace("../../plugin", path.join(root, "plugin")),
  );
  await using workspace = await openWorkspace({ projectDir, stack: "dev", world });
  const made = changesOf(succeeded(await workspace.up(...flags)));
  assert.deepEqual(
    made.filter((change) => !/ default(_|$)/.test(change)),
    MADE,
  );
  const outputs = (await workspace.outputs()) as ReturnType<typeof published>;
  assert.deepEqual(outputs, published(outputs.endpoint.addresses[0]));
  assert.match(String(outputs.endpoint.addresses[0]), /^[\d.]+$/);
}

test("the example in YAML deploys", async () => {
  const host = await goTool("yaml-host", say, {
    command: "pulumi-language-yaml",
    takes: "3 minutes",
  });
  process.env.PATH = [path.dirname(host), process.env.PATH].join(path.delimiter);
  await deploy("yaml");
});

describe("SDKs that Pulumi generates from the schema", () => {
  before(async () => {
    const generator = await goTool("sdk-gen", say, {
      of: "github.com/pulumi/pulumi/pkg/v3",
      // As the CLI is built, so that most of it is compiled already.
      flags: () => ["-tags=osusergo,grpcnotrace"],
      takes: "2 minutes",
    });
    await writeFile(path.join(folder, "schema.json"), servedSchema());
    // Holds the schema to Pulumi's own and refuses every warning.
    await run(generator, [path.join(folder, "schema.json"), folder, "go", "nodejs", "python"]);
  });

  test("the example in Python deploys", async (context) => {
    const requirements = path.join(root, "toolchain/python-sdk/requirements.txt");
    const found = await pythonTool({ command: "debugpy", requirements }, say);
    if ("missing" in found) {
      context.skip(found.missing);
      return;
    }
    // What an installation leaves beside the package, and the SDK reads its version from.
    const metadata = path.join(folder, "python", `pulumi_udp-${schema.version}.dist-info`);
    await mkdir(metadata);
    await writeFile(
      path.join(metadata, "METADATA"),
      `Metadata-Version: 2.1\nName: pulumi_udp\nVersion: ${schema.version}\n`,
    );
    const serve = path.join(root, "toolchain/python-sdk/serve.py");
    const python = spawn(
      path.join(path.dirname(found.file), "python"),
      [serve, path.join(root, "examples/python/__main__.py")],
      {
        env: { ...process.env, PYTHONPATH: path.join(folder, "python") },
        stdio: ["pipe", "pipe", "inherit"],
      },
    );
    const closed = once(python, "close");
    try {
      const [address] = await once(python.stdout.setEncoding("utf8"), "data");
      await deploy("python", `--client=${address.trim()}`);
    } finally {
      python.stdin.end();
      await closed;
    }
  });
});
