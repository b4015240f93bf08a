import ts from "typescript";
import { importsOf, isTest, nodesOf, parse, place, type Source, target } from "./source.ts";

/** A rule over one file: what it finds wrong, one line each. */
export type Rule = (source: Source) => readonly string[];

/** Top-level folders that code which is not a test may import from; the folder itself is included. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  components: [],
  infra: ["components"],
  stacks: ["infra", "components"],
  plugin: ["components"],
  policy: [],
  "udp-director": [],
};

/** The parts of the director that a deployment may load: plain zod, no I/O. */
const CONFIG_SCHEMAS: readonly string[] = [
  "udp-director/config-schema",
  "udp-director/directory-schema",
];
const SCHEMA_READERS: readonly string[] = ["components", "stacks"];

const folderOf = (path: string): string => path.split("/")[0] ?? "";
const isFolder = (name: string): boolean =>
  name in ALLOWED || ["simulation", "toolchain", "scripts", "test"].includes(name);

/** stacks -> infra -> components, and udp-director knows none of them. */
export const oneWay: Rule = (source) => {
  const own = folderOf(source.path);
  const allowed = ALLOWED[own];
  if (allowed === undefined || isTest(source)) {
    return [];
  }
  return importsOf(source)
    .map((specifier) => target(source, specifier))
    .filter((to) => !CONFIG_SCHEMAS.includes(to) || !SCHEMA_READERS.includes(own))
    .filter((to) => isFolder(folderOf(to)) && folderOf(to) !== own)
    .filter((to) => !allowed.includes(folderOf(to)))
    .map(
      (to) => `${source.path} imports ${to}: ${own} may import ${allowed.join(", ") || "nothing"}`,
    );
};

/** Stacks are the top: tests and scripts may look at them, nothing else. */
export const nothingImportsStacks: Rule = (source) =>
  ["stacks", "scripts", "test"].includes(folderOf(source.path)) || isTest(source)
    ? []
    : importing(source, (to) => folderOf(to) === "stacks");

/** Simulated clouds stay out of everything that is deployed. */
export const onlyTestsSimulate: Rule = (source) =>
  ["simulation", "scripts", "test"].includes(folderOf(source.path)) || isTest(source)
    ? []
    : importing(source, (to) => folderOf(to) === "simulation");

/** The director is deployed by anybody, with or without Pulumi. */
export const directorKnowsNoPulumi: Rule = (source) =>
  folderOf(source.path) === "udp-director"
    ? importing(source, (to) => to.startsWith("@pulumi/") || folderOf(to) === "components")
    : [];

/** A policy pack starts with every preview: it knows resources by their type, without any SDK. */
export const policiesLoadNoSdk: Rule = (source) =>
  folderOf(source.path) === "policy" && !isTest(source)
    ? importing(source, (to) => to.startsWith("@pulumi/") && to !== "@pulumi/policy")
    : [];

/** SDKs are loaded by the file: an index makes Node read every resource of a cloud. */
export const sdksByTheFile: Rule = (source) =>
  ["components", "infra", "stacks"].includes(folderOf(source.path))
    ? importing(source, (to) => /^@pulumi\/(?!pulumi(\/|$))/.test(to) && !to.endsWith(".js"))
    : [];

const PURE = /^udp-director\/src\/(protocol|sessions|selection)\//;
const IMPURE_MODULE =
  /^(node:)?(child_process|cluster|dgram|dns|fs|http|http2|https|net|os|process|readline|timers|tls|worker_threads)(\/|$)/;

/** Protocol, sessions and selection get time, randomness and packets as arguments. */
export const coreIsPure: Rule = (source) => {
  if (!PURE.test(source.path) || isTest(source)) {
    return [];
  }
  const wrong = importing(source, (to) => IMPURE_MODULE.test(to));
  const used = matching(source, (text) =>
    /^(Date|process|setTimeout|setInterval|setImmediate|queueMicrotask|performance)$/.test(text),
  );
  const random = [...nodesOf(parse(source))].filter(
    (node) => ts.isPropertyAccessExpression(node) && node.getText() === "Math.random",
  );
  return [...wrong, ...used, ...random.map((node) => `${place(source, node)} uses Math.random`)];
};

/** Beside the components: the plugin that runs local processes, and what starts before a program. */
const PROGRAM = /^components\/(local\/(plugin|process)|lean-start)\//;

/** A component's inputs are its arguments: no stack configuration, no environment. */
export const componentsReadNoConfig: Rule = (source) => {
  if (folderOf(source.path) !== "components" || isTest(source) || PROGRAM.test(source.path)) {
    return [];
  }
  return [...nodesOf(parse(source))]
    .filter(
      (node) =>
        (ts.isPropertyAccessExpression(node) && /^process\.env$/.test(node.getText())) ||
        (ts.isNewExpression(node) && /(^|\.)Config$/.test(node.expression.getText())) ||
        (ts.isCallExpression(node) &&
          /(^|\.)(allConfig|getConfig)$/.test(node.expression.getText())),
    )
    .map((node) => `${place(source, node)} reads configuration: ${node.getText()}`);
};

function importing(source: Source, wrong: (to: string) => boolean): readonly string[] {
  return importsOf(source)
    .map((specifier) => target(source, specifier))
    .filter(wrong)
    .map((to) => `${source.path} imports ${to}`);
}

/** Uses of global names as values: not as a property's name, and not as a type. */
function matching(source: Source, wrong: (text: string) => boolean): readonly string[] {
  return [...nodesOf(parse(source))]
    .filter((node) => ts.isIdentifier(node) && wrong(node.text))
    .filter((node) => {
      const { parent } = node;
      const isName =
        (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
        (ts.isPropertyAssignment(parent) && parent.name === node) ||
        ts.isPropertySignature(parent) ||
        ts.isTypeReferenceNode(parent);
      return !isName;
    })
    .map((node) => `${place(source, node)} uses ${node.getText()}`);
}
