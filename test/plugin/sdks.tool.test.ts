import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { schema, servedSchema } from "../../plugin/schema.ts";
import { say } from "../../scripts/terminal.ts";
import { cacheFolder } from "../../toolchain/cache.ts";
import { buildGoTool } from "../../toolchain/go-build.ts";
import { serveGoProgram } from "../../toolchain/go-sdk/serve.ts";
import { goTool } from "../../toolchain/go-tool.ts";
import { pythonTool } from "../../toolchain/python-tool.ts";
import { deploy } from "./deploy.ts";

/**
 * The examples in Go and Python on the real engine, with the SDKs that Pulumi's own generator makes
 * of the schema.
 */

const root = path.resolve(import.meta.dirname, "../..");
const run = promisify(execFile);
let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "pulumi-udp-languages-"));
});
after(() => rm(folder, { recursive: true, force: true }));

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

  test("the example in Go deploys", async () => {
    const module = path.join(folder, "go");
    const example = await readFile(path.join(root, "examples/go/main.go"));
    await cp(path.join(root, "toolchain/go-sdk"), module, { recursive: true });
    await mkdir(path.join(module, "relay"));
    await writeFile(path.join(module, "relay/main.go"), example);
    const sums = await readFile(path.join(module, "go.sum"));
    const key = createHash("sha256").update(servedSchema()).update(example).update(sums);
    const target = path.join(
      ...[cacheFolder(), "go-tools", `example-${key.digest("hex").slice(0, 12)}`, "relay"],
    );
    if (!existsSync(target)) {
      say("compiling the example in Go with its SDK: once for a schema, 2 minutes on 2 cores");
      const flags = ["-tags=osusergo,grpcnotrace"];
      await buildGoTool({ moduleFolder: module, package: "./relay", target, flags }, say);
    }
    const served = await serveGoProgram(target);
    try {
      await deploy("go", `--client=${served.address}`);
    } finally {
      served.stop();
    }
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
