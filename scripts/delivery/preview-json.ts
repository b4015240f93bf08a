/**
 * The part of what `pulumi preview --json` writes that is read here.
 * Source: pulumi/pulumi, pkg/display/events.go, `PreviewDigest`.
 */
export interface PreviewJson {
  readonly steps?: readonly PreviewStep[];
  readonly diagnostics?: readonly { readonly severity: string; readonly message: string }[];
}

export interface PreviewStep {
  /** `create`, `update`, `delete`, `same`, `replace`, `create-replacement`, `delete-replaced`, … */
  readonly op: string;
  readonly urn: string;
  readonly oldState?: ResourceState | null;
  readonly newState?: ResourceState | null;
  /** Changed properties by path; kinds that replace end in `-replace`. */
  readonly detailedDiff?: Readonly<Record<string, { readonly kind: string }>> | null;
  /** Top-level properties, of providers that tell no paths. */
  readonly diffReasons?: readonly string[] | null;
  readonly replaceReasons?: readonly string[] | null;
}

export interface ResourceState {
  readonly custom: boolean;
  readonly type: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** What happens to a resource, worst first. */
export const ACTIONS = ["destroy", "replace", "change", "create"] as const;
export type Action = (typeof ACTIONS)[number];

/** What the engine writes for a value that only a deployment tells. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * Reads the output of `pulumi preview --json`. Lines before the document, such as warnings of the
 * CLI on the same stream, are passed over.
 *
 * @throws Error with the text itself where there is no document: the CLI never got that far.
 */
export function readPreview(text: string): PreviewJson {
  const start = /^\{/m.exec(text)?.index;
  const end = text.lastIndexOf("}");
  if (start !== undefined) {
    try {
      return JSON.parse(text.slice(start, end + 1)) as PreviewJson;
    } catch {
      // Cut short, which is as good as none.
    }
  }
  throw new Error(`no preview in what Pulumi wrote: ${text.trim().slice(-2000) || "nothing"}`);
}
