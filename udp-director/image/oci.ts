import { createHash } from "node:crypto";

/** A file of an image layout, named by its digest. */
export interface Blob {
  readonly mediaType: string;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** A layer: its compressed blob, and the digest of what is inside. */
export interface Layer extends Blob {
  /** Digest of the uncompressed tar. */
  readonly diffId: string;
  /** What the layer holds, for the history. */
  readonly comment: string;
}

/** What the container runs. */
export interface ImageOptions {
  /** `name:tag`. */
  readonly reference: string;
  /** `amd64` or `arm64`. */
  readonly architecture: string;
  readonly entrypoint: readonly string[];
  /** Arguments that a container's own replace. */
  readonly command: readonly string[];
  /** `uid:gid`; numbers, so that `runAsNonRoot` can be checked. */
  readonly user: string;
  readonly workingDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** The same content gives the same image: no clock. */
const CREATED = "1970-01-01T00:00:00Z";

/**
 * The JSON files of an OCI image layout with one image (image-spec v1.1: config, manifest, index,
 * oci-layout), by their path in the layout. Pure: the layers are described, not read.
 */
export function imageFiles(
  options: ImageOptions,
  layers: readonly Layer[],
): Readonly<Record<string, string>> {
  const config = JSON.stringify({
    created: CREATED,
    architecture: options.architecture,
    os: "linux",
    config: {
      User: options.user,
      Entrypoint: options.entrypoint,
      Cmd: options.command,
      Env: Object.entries(options.env).map(([name, value]) => `${name}=${value}`),
      WorkingDir: options.workingDir,
      Labels: options.labels,
      StopSignal: "SIGTERM",
    },
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ comment }) => ({ created: CREATED, created_by: comment })),
  });
  const configBlob = blobOf("application/vnd.oci.image.config.v1+json", config);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: configBlob,
    layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
  });
  const manifestBlob = blobOf("application/vnd.oci.image.manifest.v1+json", manifest);
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [
      {
        ...manifestBlob,
        platform: { architecture: options.architecture, os: "linux" },
        annotations: {
          "org.opencontainers.image.ref.name": options.reference.slice(
            options.reference.lastIndexOf(":") + 1,
          ),
          // What `ctr images import` calls the image.
          "io.containerd.image.name": options.reference,
        },
      },
    ],
  });
  return {
    "oci-layout": JSON.stringify({ imageLayoutVersion: "1.0.0" }),
    "index.json": index,
    [pathOf(configBlob)]: config,
    [pathOf(manifestBlob)]: manifest,
  };
}

/** Where a blob lies in the layout. */
export function pathOf({ digest }: Pick<Blob, "digest">): string {
  return `blobs/${digest.replace(":", "/")}`;
}

function blobOf(mediaType: string, text: string): Blob {
  return {
    mediaType,
    digest: `sha256:${createHash("sha256").update(text).digest("hex")}`,
    size: Buffer.byteLength(text),
  };
}
