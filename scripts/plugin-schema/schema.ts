import { readFileSync } from "node:fs";
import path from "node:path";
import { analyze } from "./components.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** Modules whose name is no identifier, and what they are called where one is needed. */
const MODULE_NAMES = { "cert-manager": "certmanager" };

/**
 * The schema of the plugin's package, from the types and doc comments of the library. `plain` marks
 * what the library needs to know at once; the plugin leaves it out of what it serves, since it
 * waits for such values itself.
 */
export function packageSchema() {
  const { name, version, description, license } = JSON.parse(
    readFileSync(path.join(root, "components", "package.json"), "utf8"),
  );
  const respectSchemaVersion = true;
  return {
    name,
    version,
    description,
    license,
    keywords: ["udp", "load-balancer", "category/network", "kind/component"],
    language: {
      csharp: { respectSchemaVersion, namespaces: { "cert-manager": "CertManager" } },
      go: {
        respectSchemaVersion,
        rootPackageName: "pulumiudp",
        generateResourceContainerTypes: true,
        moduleToPackage: MODULE_NAMES,
      },
      java: { packages: MODULE_NAMES },
      nodejs: { respectSchemaVersion, moduleToPackage: MODULE_NAMES },
      python: {
        respectSchemaVersion,
        packageName: "pulumi_udp",
        moduleNameOverrides: { "cert-manager": "cert_manager" },
        pyproject: { enabled: true },
      },
    },
    ...analyze(path.join(root, "components"), name),
  };
}
