import type { Properties, Value } from "../../components/provider/index.ts";

type Path = readonly (string | number)[];

/** `spec.ports[0].port` to `["spec", "ports", 0, "port"]`; `a["b.c"]` names a key that holds a dot. */
export function parsePath(path: string): Path {
  const parts: (string | number)[] = [];
  for (const match of path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)) {
    const [, quoted, index, plain] = match;
    if (index !== undefined) {
      parts.push(Number(index));
    } else {
      parts.push(quoted?.replaceAll('\\"', '"') ?? plain ?? "");
    }
  }
  return parts;
}

/** The engine's spelling of a path: dots between plain keys, brackets around the rest. */
export function formatPath(parts: Path): string {
  return parts.reduce<string>((path, part) => {
    if (typeof part === "number") {
      return `${path}[${part}]`;
    }
    if (/^[^.[\]"\s]+$/.test(part)) {
      return path === "" ? part : `${path}.${part}`;
    }
    return `${path}["${part.replaceAll('"', '\\"')}"]`;
  }, "");
}

/** The value at a path, or `undefined` where the path leads nowhere. */
export function valueAt(root: Value | undefined, path: string): Value | undefined {
  let value: Value | undefined = root;
  for (const part of parsePath(path)) {
    if (value === null || typeof value !== "object") {
      return undefined;
    }
    value = (value as { readonly [key: string]: Value })[part];
  }
  return value;
}

/** A copy of the properties with the value at a path set, and maps made on the way; `undefined` removes. */
export function withValueAt(root: Properties, path: string, value: Value | undefined): Properties {
  return set(root, parsePath(path), value) as Properties;
}

function set(node: Value | undefined, path: Path, value: Value | undefined): Value | undefined {
  const [head, ...rest] = path;
  if (head === undefined) {
    return value;
  }
  if (Array.isArray(node) && typeof head === "number") {
    const copy: (Value | undefined)[] = [...node];
    copy[head] = set(copy[head], rest, value);
    return copy.filter((item) => item !== undefined);
  }
  const copy: Record<string, Value> = { ...mapOf(node) };
  const inner = set(copy[head], rest, value);
  if (inner === undefined) {
    delete copy[head];
  } else {
    copy[head] = inner;
  }
  return copy;
}

/** The value as a map, empty where it is something else. */
export function mapOf(value: Value | undefined): Properties {
  return value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as Properties)
    : {};
}

/** The value as a list, empty where it is something else. */
export function listOf(value: Value | undefined): readonly Value[] {
  return Array.isArray(value) ? value : [];
}

/** The value as text, `undefined` where it is something else. */
export function textOf(value: Value | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
