import { globSync } from "node:fs";
import path from "node:path";

/** Folders of the repository with sources of ours in them. */
const FOLDERS = [
  ...["components", "infra", "stacks", "plugin", "policy", "udp-director"],
  ...["simulation", "toolchain", "scripts", "test"],
];

/**
 * Paths of sources from the repository's root, with `/`, in the order of the alphabet.
 *
 * @param ending How their names end, such as `.test.ts`.
 */
export function sourceFiles(root: string, ending: string): readonly string[] {
  return globSync(`{${FOLDERS.join()}}/**/*${ending}`, {
    cwd: root,
    exclude: (name) => name === "node_modules",
  })
    .map((file) => file.split(path.sep).join("/"))
    .sort();
}
