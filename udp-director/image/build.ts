import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { create } from "tar";
import { NODE_FLAGS } from "../src/node-flags.ts";
import { type ImageOptions, imageFiles, type Layer, pathOf } from "./oci.ts";
import { appFiles, baseFiles, type Files, nativeFiles, nftFiles } from "./rootfs.ts";

/** Every entry's time: the same content gives the same archive, byte by byte. */
const MTIME = new Date(0);
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

export interface BuildOptions {
  /** File to write, an OCI archive (a tar of an image layout). */
  readonly output: string;
  /** `name:tag` of the image. */
  readonly reference: string;
  /** Left out: true. Without, it is made in a fifth of the time, for a cluster on this machine. */
  readonly compressed?: boolean;
}

/** Files of a layer, and what they are, for the image's history. */
export interface LayerFiles {
  readonly files: Files;
  readonly comment: string;
}

/**
 * Builds the director's image without a container engine, for this machine's architecture: Node and
 * its libraries from here, the package and its run-time dependencies, nothing else.
 *
 * @throws Error on a system whose programs an image cannot hold (only Linux on x64 and arm64).
 */
export async function buildImage(options: BuildOptions): Promise<void> {
  const manifest = path.join(path.dirname(import.meta.dirname), "package.json");
  const nft = nftFiles();
  const app = new Map([...appFiles(), ...(await nativeFiles())]);
  const { version, description, license } = JSON.parse(await readFile(manifest, "utf8"));
  await writeImage(
    options,
    {
      entrypoint: ["/usr/local/bin/node", ...NODE_FLAGS, "/app/udp-director/bin/udp-director.js"],
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
    [
      { files: baseFiles(process.execPath), comment: "Node and its libraries" },
      ...(nft.size === 0
        ? []
        : [{ files: nft, comment: "nftables, for forwarding in the kernel" }]),
      { files: app, comment: "udp-director and its dependencies" },
    ],
  );
}

/**
 * Writes an image of files of this machine, for its architecture.
 *
 * @throws Error on a system whose programs an image cannot hold (only Linux on x64 and arm64).
 */
export async function writeImage(
  { output, reference, compressed = true }: BuildOptions,
  image: Omit<ImageOptions, "architecture" | "reference">,
  contents: readonly LayerFiles[],
): Promise<void> {
  const architecture = ARCHITECTURES[process.arch];
  if (process.platform !== "linux" || architecture === undefined) {
    throw new Error(`an image cannot be made from ${process.platform}-${process.arch}`);
  }
  const work = await mkdtemp(path.join(tmpdir(), "image-"));
  try {
    const layout = path.join(work, "layout");
    await mkdir(path.join(layout, "blobs/sha256"), { recursive: true });
    const layers: Layer[] = [];
    for (const { files, comment } of contents) {
      layers.push(await layer(files, { comment, work, layout, compressed }));
    }
    const files = imageFiles({ ...image, reference, architecture }, layers);
    for (const [name, text] of Object.entries(files)) {
      await writeFile(path.join(layout, name), text);
    }
    // With its folders: where one is not named, tools that unpack it make it root's, and fail
    // when they are not root themselves.
    const folders = ["blobs", "blobs/sha256"];
    const names = [...folders, ...Object.keys(files), ...layers.map(pathOf)].sort();
    await archive(layout, names, output);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

interface LayerOptions {
  readonly comment: string;
  /** Folder for what goes again. */
  readonly work: string;
  readonly layout: string;
  readonly compressed: boolean;
}

async function layer(files: Files, options: LayerOptions): Promise<Layer> {
  const stage = await mkdtemp(path.join(options.work, "stage-"));
  const names = [...files.keys()].sort();
  for (const name of names) {
    const target = path.join(stage, name);
    await mkdir(path.dirname(target), { recursive: true });
    await copyFile(files.get(name) ?? "", target);
  }
  const tar = `${stage}.tar`;
  await archive(stage, names, tar);
  const diffId = await digestOf(tar);
  const packed = options.compressed ? `${tar}.gz` : tar;
  if (options.compressed) {
    await pipeline(createReadStream(tar), createGzip(), createWriteStream(packed));
  }
  const digest = options.compressed ? await digestOf(packed) : diffId;
  const blob = path.join(options.layout, pathOf({ digest }));
  await rename(packed, blob);
  return {
    mediaType: `application/vnd.oci.image.layer.v1.tar${options.compressed ? "+gzip" : ""}`,
    digest,
    size: (await stat(blob)).size,
    diffId,
    comment: options.comment,
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
