import type { PreviewJson, PreviewStep } from "./preview-json.ts";

/** An entry of the file that `pulumi preview --import-file` writes and `pulumi import --file` reads. */
export interface ImportEntry {
  readonly type: string;
  readonly name: string;
  /** Where two components have one name, `name` is another and this is the program's. */
  readonly logicalName?: string;
  readonly id?: string;
  readonly component?: boolean;
  readonly [key: string]: unknown;
}

export interface ImportFile {
  readonly resources: readonly ImportEntry[];
  readonly [key: string]: unknown;
}

/** Something that is there, as a cloud's own listing tells of it. */
export interface Listed {
  /** Identifier with which the provider imports it. */
  readonly id: string;
  /** True if it is what the step would create. */
  matches(step: PreviewStep): boolean;
}

export interface Filled {
  readonly file: ImportFile;
  /** `type name`, and the candidates where there are several: for a person to decide. */
  readonly open: readonly { readonly resource: string; readonly candidates: readonly string[] }[];
}

/** What Pulumi writes where it does not know the identifier. */
const PLACEHOLDER = "<PLACEHOLDER>";

/**
 * Fills in the identifiers of what exists.
 *
 * @param template What `pulumi preview --import-file` wrote for the empty stack.
 * @param preview What the same command wrote with `--json`.
 * @param given Identifiers by `type name` or by name: they win over what is found.
 */
export function fillImportFile(
  template: ImportFile,
  preview: PreviewJson,
  listed: readonly Listed[],
  given: Readonly<Record<string, string>> = {},
): Filled {
  const open: { resource: string; candidates: readonly string[] }[] = [];
  const resources = template.resources.flatMap((entry) => {
    if (entry.id !== PLACEHOLDER) {
      return [entry];
    }
    const name = entry.logicalName ?? entry.name;
    const resource = `${entry.type} ${name}`;
    const known = given[resource] ?? given[name];
    if (known !== undefined) {
      return [{ ...entry, id: known }];
    }
    const step = preview.steps?.find(({ urn }) => urnIs(urn, entry.type, name));
    const candidates = step === undefined ? [] : listed.filter((one) => one.matches(step));
    const ids = [...new Set(candidates.map(({ id }) => id))];
    if (ids.length === 1 && ids[0] !== undefined) {
      return [{ ...entry, id: ids[0] }];
    }
    open.push({ resource, candidates: ids });
    return [];
  });
  return { file: { ...template, resources }, open };
}

function urnIs(urn: string, type: string, name: string): boolean {
  const [, , types = "", ...rest] = urn.split("::");
  return types.split("$").at(-1) === type && rest.join("::") === name;
}
