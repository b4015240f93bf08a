import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { create } from "tar";
import { imageFiles, type Layer, pathOf } from "./oci.ts";
import { appFiles, baseFiles, type Files } from "./rootfs.ts";

/** Every entry's time: the same content gives the same archive, byte by byte. */
const MTIME = new Date(0);
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

export interface BuildOptions {
  /** File to write, an OCI archive (a tar of an image layout). */
  readonly output: string;
  /** `name:tag` of the image. */
  readonly reference: string;
}

/**
 * Builds the director's image without a container engine, for this machine's architecture: Node and
 * its libraries from here, the package and its run-time dependencies, nothing else.
 *
 * @throws Error on a system whose programs an image cannot hold (only Linux on x64 and arm64).
 */
export async function buildImage(options: BuildOptions): Promise<void> {
  const architecture = ARCHITECTURES[process.arch];
  if (process.platform !== "linux" || architecture === undefined) {
    throw new Error(`an image cannot be made from ${process.platform}-${process.arch}`);
  }
  const work = await mkdtemp(path.join(tmpdir(), "udp-director-image-"));
  try {
    const layout = path.join(work, "layout");
    await mkdir(path.join(layout, "blobs/sha256"), { recursive: true });
    const layers = [
      await layer(baseFiles(process.execPath), "Node and its libraries", work, layout),
      await layer(appFiles(), "udp-director and its dependencies", work, layout),
    ];
    const manifest = path.join(path.dirname(import.meta.dirname), "package.json");
    const { version, description, license } = JSON.parse(await readFile(manifest, "utf8"));
    const files = imageFiles(
      {
        reference: options.reference,
        architecture,
        entrypoint: ["/usr/local/bin/node", "/app/udp-director/bin/udp-director.js"],
        command: ["serve"],
        user: "65532:65532",
        workingDir: "/app",
        env: { NODE_ENV: "production", PATH: "/usr/local/bin" },
        labels: {
          "org.opencontainers.image.description": description,
          "org.opencontainers.image.licenses": license,
          "org.opencontainers.image.version": version,
        },
      },
      layers,
    );
    for (const [name, text] of Object.entries(files)) {
      await writeFile(path.join(layout, name), text);
    }
    // With its folders: where one is not named, tools that unpack it make it root's, and fail
    // when they are not root themselves.
    const folders = ["blobs", "blobs/sha256"];
    const names = [...folders, ...Object.keys(files), ...layers.map(pathOf)].sort();
    await archive(layout, names, options.output);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function layer(files: Files, comment: string, work: string, layout: string): Promise<Layer> {
  const stage = await mkdtemp(path.join(work, "stage-"));
  const names = [...files.keys()].sort();
  for (const name of names) {
    const target = path.join(stage, name);
    await mkdir(path.dirname(target), { recursive: true });
    await copyFile(files.get(name) ?? "", target);
  }
  const tar = `${stage}.tar`;
  await archive(stage, names, tar);
  const packed = `${tar}.gz`;
  await pipeline(createReadStream(tar), createGzip(), createWriteStream(packed));
  const digest = await digestOf(packed);
  await rename(packed, path.join(layout, pathOf({ digest })));
  return {
    mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
    digest,
    size: (await stat(path.join(layout, pathOf({ digest })))).size,
    diffId: await digestOf(tar),
    comment,
  };
}

/** A tar whose bytes depend on names and content only: sorted, no owner, one time. */
async function archive(cwd: string, names: readonly string[], file: string): Promise<void> {
  const options = { cwd, file, portable: true, mtime: MTIME, noDirRecurse: true };
  await create(options, [...names]);
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return `sha256:${hash.digest("hex")}`;
}
