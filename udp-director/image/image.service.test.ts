import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { extract, list } from "tar";
import { debianCommand, which } from "../../toolchain/debian.ts";
import { NODE_FLAGS } from "../src/node-flags.ts";
import { buildImage } from "./build.ts";
import { nativeFiles, nftFiles } from "./rootfs.ts";

const run = promisify(execFile);
const say = (line: string) => process.stderr.write(`${line}\n`);
const skopeo = await debianCommand({ command: "skopeo" }, say);
const umoci = await debianCommand({ command: "umoci" }, say);
const REFERENCE = "udp-director:1.2.3";
let folder = "";
const inside = (name: string) => path.join(folder, name);

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "image-test-"));
  await buildImage({ output: inside("image.tar"), reference: REFERENCE });
});
after(() => rm(folder, { recursive: true, force: true }));

test("the same source gives the same image, byte by byte", async () => {
  await buildImage({ output: inside("again.tar"), reference: REFERENCE });
  const digest = async (name: string) =>
    createHash("sha256")
      .update(await readFile(inside(name)))
      .digest("hex");
  assert.equal(await digest("again.tar"), await digest("image.tar"));
});

test("every folder stands in the archive before what is in it, or only root could unpack it", async () => {
  const seen = new Set<string>();
  await list({
    file: inside("image.tar"),
    onReadEntry: ({ path: name }) => {
      const parent = path.posix.dirname(name.replace(/\/$/, ""));
      assert.ok(parent === "." || seen.has(parent), `${name} before ${parent}`);
      seen.add(name.replace(/\/$/, ""));
    },
  });
  assert.ok(seen.has("blobs/sha256"));
});

test("skopeo reads it: no root, no shell, the right entry point", {
  skip: "missing" in skopeo ? skopeo.missing : false,
}, async () => {
  assert.ok("file" in skopeo);
  const { stdout } = await run(skopeo.file, [
    ...["inspect", "--config", `oci-archive:${inside("image.tar")}:1.2.3`],
  ]);
  const { config } = JSON.parse(stdout);
  assert.equal(config.User, "65532:65532");
  assert.deepEqual(config.Entrypoint, [
    "/usr/local/bin/node",
    ...NODE_FLAGS,
    "/app/udp-director/bin/udp-director.js",
  ]);
});

const packageFolder = path.dirname(import.meta.dirname);
const root = path.dirname(packageFolder);
const noEngine = await run("docker", ["version"]).then(
  () => false,
  () => "no Docker engine answers here to build the Dockerfile with",
);

test("the Dockerfile builds, and its image runs as nobody", { skip: noEngine }, async () => {
  const tag = `udp-director-test-${process.pid}`;
  const file = path.join(packageFolder, "Dockerfile");
  await run("docker", ["build", "--file", file, "--tag", tag, root], { maxBuffer: 2 ** 26 });
  try {
    const hardened = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"];
    const { stdout } = await run("docker", ["run", "--rm", ...hardened, tag, "serve", "--help"]);
    assert.match(stdout, /run the director/);
  } finally {
    await run("docker", ["image", "rm", "--force", tag]);
  }
});

const noChroot =
  "missing" in umoci ? umoci.missing : process.getuid?.() === 0 ? false : "chroot needs root";

test("umoci unpacks it, and the director runs in it as its user", { skip: noChroot }, async () => {
  assert.ok("file" in umoci);
  await mkdir(inside("layout"));
  await extract({ file: inside("image.tar"), cwd: inside("layout") });
  await run(umoci.file, ["unpack", "--image", `${inside("layout")}:1.2.3`, inside("bundle")]);
  const rootfs = inside("bundle/rootfs");
  for (const absent of ["bin/sh", "usr/bin/npm", "app/udp-director/src/testing"]) {
    assert.equal(existsSync(path.join(rootfs, absent)), false, absent);
  }
  // As the container runtime does: the image's user, its entry point, its environment.
  await run("chmod", ["-R", "a+rX", folder]);
  const { stdout } = await run(
    which("chroot") ?? "chroot",
    [
      ...["--userspec=65532:65532", rootfs, "/usr/local/bin/node"],
      ...["/app/udp-director/bin/udp-director.js", "serve", "--help"],
    ],
    { env: { PATH: "/usr/local/bin", NODE_ENV: "production" } },
  );
  assert.match(stdout, /run the director[\s\S]*--config/);
  // And the native data path, where this machine can compile it.
  if ((await nativeFiles()).size > 0) {
    const script =
      "console.log(typeof require('/app/udp-director/native/udp-director.node').start)";
    const node = await run(which("chroot") ?? "chroot", [
      ...["--userspec=65532:65532", rootfs, "/usr/local/bin/node", "--eval", script],
    ]);
    assert.equal(node.stdout, "function\n");
  }
  // And what has the kernel forward, where this machine has it to put in.
  if (nftFiles().size === 0) return;
  const nft = await run(which("chroot") ?? "chroot", [rootfs, "/usr/local/bin/nft", "--version"]);
  assert.match(nft.stdout, /^nftables v\d/);
});
