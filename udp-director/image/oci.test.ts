import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { imageFiles, type Layer } from "./oci.ts";
import { isShipped, librariesOf } from "./rootfs.ts";

const LAYER: Layer = {
  mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
  digest: `sha256:${"a".repeat(64)}`,
  size: 10,
  diffId: `sha256:${"b".repeat(64)}`,
  comment: "one",
};
const OPTIONS = {
  reference: "registry.example.com:5000/udp-director:1.0.0",
  architecture: "amd64",
  entrypoint: ["/usr/local/bin/node"],
  command: ["serve"],
  user: "65532:65532",
  workingDir: "/app",
  env: { A: "b" },
  labels: {},
};

test("every file lies under the digest of its content, and the index leads to the layer", () => {
  const files = imageFiles(OPTIONS, [LAYER]);
  for (const [name, text] of Object.entries(files)) {
    const digest = /^blobs\/sha256\/(.*)$/.exec(name)?.[1];
    if (digest !== undefined) {
      assert.equal(createHash("sha256").update(text).digest("hex"), digest);
    }
  }
  const read = (digest: string) => JSON.parse(files[`blobs/${digest.replace(":", "/")}`] ?? "");
  const [entry] = JSON.parse(files["index.json"] ?? "").manifests;
  const manifest = read(entry.digest);
  assert.deepEqual(manifest.layers, [
    { mediaType: LAYER.mediaType, digest: LAYER.digest, size: LAYER.size },
  ]);
  const config = read(manifest.config.digest);
  assert.deepEqual(config.rootfs.diff_ids, [LAYER.diffId]);
  assert.equal(config.config.User, "65532:65532");
  assert.equal(entry.annotations["org.opencontainers.image.ref.name"], "1.0.0");
});

test("libraries are read from ldd, and a missing one is an error", () => {
  const known = [
    "\tlinux-vdso.so.1 (0x00007ffc)",
    "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007fcd)",
    "\t/lib64/ld-linux-x86-64.so.2 (0x00007fcd)",
  ];
  assert.deepEqual(librariesOf(known.join("\n")), [
    "/lib/x86_64-linux-gnu/libm.so.6",
    "/lib64/ld-linux-x86-64.so.2",
  ]);
  assert.throws(() => librariesOf("\tlibx.so => not found"), /libx\.so => not found/);
});

test("tests and their helpers stay out of the image", () => {
  assert.equal(isShipped("session-table.ts"), true);
  assert.equal(isShipped("session-table.test.ts"), false);
  assert.equal(isShipped("udp.socket.test.ts"), false);
  assert.equal(isShipped("testing/"), false);
});
