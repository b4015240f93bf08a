import { globSync, realpathSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { type DebianCommand, debianCommand } from "../../toolchain/debian.ts";
import type { Progress } from "../../toolchain/go-build.ts";
import { programImage, sharedLibraries } from "./images.ts";

/** Image of Debian's servers and of Node.js, for pods behind a gateway. */
export const SERVERS_IMAGE = "localhost/servers:test";

/** User of its pods; servers look up their own name. */
const USER = "65532:65532";
const root = path.resolve(import.meta.dirname, "../..");

/** Servers, and the clients that tests ask them with. */
const PACKAGES: readonly DebianCommand[] = [
  { command: "pg_createcluster", package: "postgresql" },
  { command: "psql", package: "postgresql-client" },
  { command: "redis-server" },
  { command: "redis-cli", package: "redis-tools" },
  { command: "mariadbd", package: "mariadb-server-core" },
  { command: "mariadb", package: "mariadb-client-core" },
];

/** Installs what the image is made of where it is missing, or says why it cannot be had. */
export async function serverPackages(
  progress: Progress,
): Promise<{ readonly missing: string } | undefined> {
  for (const wanted of PACKAGES) {
    const found = await debianCommand(wanted, progress);
    if ("missing" in found) return found;
  }
  return postgresFolder() === undefined ? { missing: "PostgreSQL has no postgres" } : undefined;
}

/**
 * Writes an image into a folder: PostgreSQL, MariaDB and Redis of Debian with a shell to start them,
 * and Node.js with `ws` and a program of ours, which is what it runs unless told otherwise.
 *
 * @param program A TypeScript file that needs no other but `ws`.
 * @returns The archive's path.
 */
export async function serversArchive(folder: string, program: string): Promise<string> {
  const users = path.join(folder, "passwd");
  await writeFile(users, "root:x:0:0::/:/bin/sh\nserver:x:65532:65532::/:/bin/sh\n");
  const postgres = postgresFolder() ?? "";
  const version = path.basename(path.dirname(postgres));
  const programs = [
    ...["postgres", "initdb"].map((name) => path.join(postgres, name)),
    ...globSync(`/usr/lib/postgresql/${version}/lib/{plpgsql,dict_snowball}.so`),
    ...["/usr/bin/redis-server", "/usr/sbin/mariadbd"],
  ];
  const data = [
    ...filesBelow(`/usr/share/postgresql/${version}`),
    ...filesBelow("/usr/share/mysql/{charsets,english}"),
    ...filesBelow(path.join(root, "node_modules/ws")),
  ];
  const files = new Map([
    ["etc/passwd", users],
    ["bin/sh", realpathSync("/bin/dash")],
    ["app/servers.mts", program],
    ...[...programs, ...programs.flatMap(sharedLibraries)].map(
      (file) => [file.slice(1), realpathSync(file)] as const,
    ),
    ...data.map((file) => [file.replace(root, "/app").slice(1), file] as const),
  ]);
  const output = path.join(folder, "servers.tar");
  const image = {
    ...{ reference: SERVERS_IMAGE, program: process.execPath, user: USER, files },
    ...{ at: "/usr/local/bin/node", entrypoint: ["/usr/local/bin/node", "/app/servers.mts"] },
  };
  await programImage(image, output);
  return output;
}

/** Where the newest PostgreSQL has its programs: Debian keeps them out of everybody's PATH. */
const postgresFolder = (): string | undefined =>
  globSync("/usr/lib/postgresql/*/bin/postgres")
    .map((file) => path.dirname(file))
    .sort()
    .at(-1);

const filesBelow = (folder: string): string[] =>
  globSync(`${folder}/**`, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
