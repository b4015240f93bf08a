import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { extract } from "tar";
import type { Packed } from "./build.ts";

const root = path.resolve(import.meta.dirname, "../..");
const installed = path.join(root, "node_modules");

/** A project of somebody else, in a folder of its own outside of the repository. */
export interface Consumer {
  readonly folder: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * An empty project with the tarballs unpacked as npm lays them out. Their dependencies are links to
 * those installed here: downloading the clouds' SDKs again would prove nothing.
 */
export async function openConsumer(packed: readonly Packed[]): Promise<Consumer> {
  const folder = await mkdtemp(path.join(tmpdir(), "pulumi-udp-consumer-"));
  const modules = path.join(folder, "node_modules");
  await mkdir(path.join(modules, "@pulumi"), { recursive: true });
  for (const { name, tarball } of packed) {
    await mkdir(path.join(modules, name));
    await extract({ file: tarball, cwd: path.join(modules, name), strip: 1 });
  }
  const own = new Set(packed.map(({ name }) => name));
  for (const name of await readdir(installed)) {
    if (!name.startsWith(".") && name !== "@pulumi" && !own.has(name)) {
      await symlink(path.join(installed, name), path.join(modules, name));
    }
  }
  for (const name of await readdir(path.join(installed, "@pulumi"))) {
    await symlink(path.join(installed, "@pulumi", name), path.join(modules, "@pulumi", name));
  }
  const project = {
    name: "consumer",
    main: "index.ts",
    runtime: { name: "nodejs", options: { typescript: false } },
    plugins: {
      providers: [{ name: "udp-local", path: "node_modules/pulumi-udp/dist/local/plugin" }],
    },
  };
  await writeFile(path.join(folder, "Pulumi.yaml"), JSON.stringify(project));
  await writeFile(path.join(folder, "package.json"), '{ "type": "module", "private": true }');
  await cp(path.join(root, "examples/minimal"), folder, { recursive: true });
  return {
    folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}
