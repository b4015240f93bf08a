import path from "node:path";
import type { WorkspaceOptions } from "../engine/index.ts";

const projectDir = path.resolve(import.meta.dirname, "..", "test-program");

/** The programs that hold every component of a cloud, and the worlds in which they run. */
export const cloudPrograms: Readonly<Record<string, WorkspaceOptions>> = Object.fromEntries(
  ["aks", "aws", "clusters", "digitalocean", "doks"].map((name) => [
    name,
    {
      projectDir,
      main: `${name}.ts`,
      stack: "dev",
      timeoutMs: 120_000,
      world: {
        zones: ["example.com"],
        clusters: [{ name: "prod-aks", resourceGroup: "prod" }],
        anyCluster: false,
      },
    },
  ]),
);
