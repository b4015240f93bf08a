import path from "node:path";
import type { WorkspaceOptions } from "../engine/index.ts";

const projectDir = path.resolve(import.meta.dirname, "..", "test-program");

/** What a program needs beside its file. */
const PROGRAMS: Readonly<Record<string, Pick<WorkspaceOptions, "config" | "world">>> = {
  aks: {},
  aws: {},
  backends: {},
  clusters: {},
  digitalocean: {},
  directors: { config: { store: "redis" }, world: { namespaces: ["edge"] } },
  doks: {},
  gateways: {},
  peers: {},
};

/** The programs that hold every component of a cloud, and the worlds in which they run. */
export const cloudPrograms: Readonly<Record<string, WorkspaceOptions>> = Object.fromEntries(
  Object.entries(PROGRAMS).map(([name, { config, world }]) => [
    name,
    {
      projectDir,
      main: `${name}.ts`,
      stack: "dev",
      timeoutMs: 120_000,
      ...(config === undefined ? {} : { config }),
      world: {
        zones: ["example.com"],
        clusters: [{ name: "prod-aks", resourceGroup: "prod" }],
        anyCluster: false,
        ...world,
      },
    },
  ]),
);
