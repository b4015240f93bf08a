import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { parseAllDocuments } from "yaml";
import { run } from "../../simulation/cluster/command.ts";
import { ApiServer, clusterTools, type Json, KubeError } from "../../simulation/cluster/index.ts";
import { ApiResources } from "../../simulation/cluster/provider/api-resources.ts";
import { goModuleFolder, goTool } from "../../toolchain/go-tool.ts";
import { pythonTool } from "../../toolchain/python-tool.ts";
import { ALLOWED } from "./allowed.ts";
import { everyManifest, type Manifest, podsOf, titleOf } from "./manifests.ts";
import { schemaLocation, writeSchemas } from "./schemas.ts";

/**
 * Every object that stacks and components make, before three judges: a real API server that has the
 * definitions of all kinds, kubeconform, and checkov.
 */
const say = (line: string) => process.stderr.write(`${line}\n`);
const tools = await clusterTools(say);
const requirements = path.resolve(import.meta.dirname, "../../toolchain/checkov/requirements.txt");
const PRIVILEGED = "kernel-path";

describe("the manifests of all stacks and components", {
  skip: "missing" in tools ? tools.missing : false,
}, () => {
  let server: ApiServer;
  let resources: ApiResources;
  let manifests: readonly Manifest[];
  let folder: string;

  before(async () => {
    if ("missing" in tools) return;
    folder = await mkdtemp(path.join(tmpdir(), "manifests-"));
    [server, manifests] = await Promise.all([ApiServer.start(tools), everyManifest()]);
    resources = new ApiResources(server.admin);
    for (const definition of await definitions()) await server.defineResource(definition);
  });
  after(async () => {
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function create(object: Json, query = ""): Promise<string | undefined> {
    const { apiVersion, kind, metadata } = object;
    const ref = { apiVersion, kind, name: metadata.name, namespace: metadata.namespace };
    const at = await resources.collection({ ...ref, namespace: ref.namespace ?? "default" });
    try {
      await server.admin.create(`${at}${query}`, object);
      return undefined;
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      // Another stack has one of that name: what is asked last, after all that is judged here.
      return error.status === 409 ? undefined : (error.answer.message ?? error.message);
    }
  }

  test("a real API server takes them, and their pods under the restricted standard", async () => {
    const named = new Set(manifests.map(({ object }) => object.metadata.namespace ?? "default"));
    const own = manifests.filter(({ object }) => object.kind === "Namespace");
    for (const { object } of own) {
      assert.equal(await create(object), undefined, titleOf(object));
      named.delete(object.metadata.name);
    }
    const restricted = { "pod-security.kubernetes.io/enforce": "restricted" };
    for (const name of named) {
      // Of a server without controllers, the first namespace is made by its first use.
      await create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
      await server.admin.merge(`/api/v1/namespaces/${name}`, { metadata: { labels: restricted } });
    }
    const refused: string[] = [];
    for (const { object } of manifests.filter(({ object }) => object.kind !== "Namespace")) {
      const why = await create(object);
      if (why !== undefined) refused.push(`${titleOf(object)}: ${why}`);
    }
    // By the standard of their own namespace, which is restricted unless the component makes another.
    const pods = podsOf(manifests).map(({ object }) => object);
    for (const pod of pods) {
      const why = await create(pod, "?dryRun=All");
      if (why !== undefined) refused.push(`${titleOf(pod)}: ${why}`);
    }
    assert.deepEqual(refused, []);
    const privileged = pods.filter(({ metadata }) => metadata.namespace === PRIVILEGED);
    const open = own.filter(({ object }) => object.metadata.labels?.[ENFORCE] === "privileged");
    const names = new Set(open.map(({ object }) => object.metadata.name));
    assert.deepEqual([...names].sort(), [PRIVILEGED, "metallb-system"]);
    assert.ok(pods.length > privileged.length + 5 && privileged.length === 1);
    for (const pod of privileged) {
      const elsewhere = { ...pod, metadata: { ...pod.metadata, namespace: "default" } };
      const why = await create(elsewhere, "?dryRun=All");
      assert.match(why ?? "it was admitted", /violates PodSecurity "restricted:latest"/);
    }
  });

  /** One file an object, and which object it is. */
  async function files(within: string): Promise<void> {
    await mkdir(within);
    for (const [index, { object }] of manifests.entries()) {
      await writeFile(path.join(within, `${index}.json`), JSON.stringify(object));
    }
  }

  test("kubeconform finds no field that its kind does not have", async () => {
    const [schemas, given] = [path.join(folder, "schemas"), path.join(folder, "conform")];
    await mkdir(schemas);
    await writeSchemas(await server.admin.get("/openapi/v2"), schemas);
    await files(given);
    const kubeconform = await goTool("kubeconform", say);
    const args = ["-strict", "-output", "json", "-summary", "-schema-location"];
    const judged = async (at: string) =>
      JSON.parse(
        (
          await run(kubeconform, [...args, schemaLocation(schemas), at]).catch(
            ({ cause }: { cause: { stdout: string } }) => cause,
          )
        ).stdout,
      );
    const { resources: findings, summary } = await judged(given);
    assert.deepEqual(findings, []);
    assert.deepEqual(summary, { valid: manifests.length, invalid: 0, errors: 0, skipped: 0 });
    // And it would find one.
    const wrong = structuredClone(
      manifests.find(({ object }) => object.kind === "Service")?.object,
    );
    wrong.spec.externalTrafficPolice = "Local";
    const file = path.join(folder, "wrong.json");
    await writeFile(file, JSON.stringify(wrong));
    assert.equal((await judged(file)).summary.invalid, 1);
  });

  test("checkov finds what is on the list with its reason, and nothing else", async (t) => {
    const checkov = await pythonTool({ command: "checkov", requirements }, say);
    if ("missing" in checkov) return t.skip(checkov.missing);
    const given = path.join(folder, "lint");
    await files(given);
    const args = ["--framework", "kubernetes", "--directory", given, "--output", "json"];
    const { stdout } = await run(
      checkov.file,
      [...args, "--quiet", "--compact", "--skip-download", "--soft-fail"],
      { timeoutMs: 300_000, env: { ...process.env, LOG_LEVEL: "ERROR" } },
    );
    const { results, summary } = JSON.parse(stdout);
    assert.ok(summary.resource_count >= podsOf(manifests).length, JSON.stringify(summary));
    const found: [string, string, string][] = results.failed_checks.map((one: Json) => {
      const object = manifests[Number.parseInt(path.basename(one.file_path), 10)]?.object;
      return [one.check_id, titleOf(object), one.check_name];
    });
    const matches = (entry: (typeof ALLOWED)[number], [check, title]: readonly string[]) =>
      entry.check === check && entry.of.test(title ?? "");
    const faults = found
      .filter((finding) => !ALLOWED.some((entry) => matches(entry, finding)))
      .map((finding) => finding.join(" "));
    const stale = ALLOWED.filter((entry) => !found.some((finding) => matches(entry, finding)));
    assert.deepEqual([...new Set(faults)].sort(), []);
    assert.deepEqual(stale, [], "nothing is found for these any more: take them off the list");
  });
});

const ENFORCE = "pod-security.kubernetes.io/enforce";

/** Definitions of every kind that the components know, from the projects' own modules. */
async function definitions(): Promise<readonly Json[]> {
  const at = async (name: string, module: string, pattern: string) =>
    globSync(path.join(await goModuleFolder(name, module), pattern));
  const found = await Promise.all([
    at("metallb", "go.universe.tf/metallb", "config/crd/bases/*.yaml"),
    at(
      "charts",
      "github.com/traefik/traefik-helm-chart",
      "traefik/crds/traefik.io_ingressroute*.yaml",
    ),
    at("charts", "github.com/cert-manager/cert-manager", "deploy/crds/cert-manager.io_*.yaml"),
    at(
      "definitions",
      "github.com/cilium/cilium",
      "pkg/k8s/apis/cilium.io/client/crds/v2*/cilium{loadbalancerippools,l2announcementpolicies}.yaml",
    ),
    at(
      "definitions",
      "github.com/prometheus-operator/prometheus-operator",
      "example/prometheus-operator-crd/*_{servicemonitors,prometheusrules}.yaml",
    ),
  ]);
  return found
    .flat()
    .flatMap((file) => parseAllDocuments(readFileSync(file, "utf8")))
    .map((document) => document.toJS())
    .filter((object) => object?.kind === "CustomResourceDefinition");
}
