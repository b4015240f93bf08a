import { execFileSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { type LayerFiles, writeImage } from "../../udp-director/image/build.ts";
import { type Files, librariesOf } from "../../udp-director/image/rootfs.ts";

/** An image that runs one program of this machine. */
export interface ProgramImage {
  /** `name:tag`. */
  readonly reference: string;
  /** Path on this machine; in the image it is `/<base name>`. */
  readonly program: string;
  /** Where the program lies in the image, absolute. Left out: `/` and its own name. */
  readonly at?: string;
  /** What a container runs unless it names a command itself. Left out: the program. */
  readonly entrypoint?: readonly string[];
  /** `uid:gid`. Left out: root, as in an image that names nobody. */
  readonly user?: string;
  /** What else is in the image: path there without a leading slash, to the file here. */
  readonly files?: Files;
}

/** Writes an image of a program with the shared libraries that it is linked with, if any. */
export async function programImage(image: ProgramImage, output: string): Promise<void> {
  const at = image.at ?? `/${image.program.slice(image.program.lastIndexOf("/") + 1)}`;
  const files = new Map(image.files ?? []);
  files.set(at.slice(1), realpathSync(image.program));
  for (const library of sharedLibraries(image.program)) {
    files.set(library.slice(1), realpathSync(library));
  }
  const layer: LayerFiles = { files, comment: at };
  const config = {
    ...{ entrypoint: image.entrypoint ?? [at], command: [], user: image.user ?? "0:0" },
    ...{ workingDir: "/", env: { PATH: "/:/usr/local/bin" }, labels: {} },
  };
  await writeImage({ output, reference: image.reference, compressed: false }, config, [layer]);
}

/** None for a program that brings all it needs, as Go's do. */
export function sharedLibraries(program: string): readonly string[] {
  try {
    const listed = execFileSync("ldd", [program], { encoding: "utf8", stdio: "pipe" });
    return listed.includes("statically linked") ? [] : librariesOf(listed);
  } catch (error) {
    if (/not a dynamic executable/.test(String((error as { stderr?: string }).stderr))) return [];
    throw error;
  }
}
