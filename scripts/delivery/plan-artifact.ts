/** An artifact as `GET /repos/{owner}/{repo}/actions/artifacts` lists it (GitHub REST API). */
export interface Artifact {
  readonly id: number;
  readonly name: string;
  readonly expired: boolean;
  readonly created_at: string | null;
  readonly workflow_run: {
    readonly id: number;
    readonly repository_id: number;
    readonly head_repository_id: number;
  } | null;
}

/**
 * Name of the artifact with a plan. The tree is that of the merged sources: a plan is only taken
 * for the very files that it was made from.
 *
 * @param tree Hash of `git rev-parse HEAD^{tree}`.
 */
export const planName = (stack: string, tree: string): string => `plan-${stack}-${tree}`;

/**
 * The newest plan that may be taken: from a run of this repository's own branches, since what a
 * fork's run stores is the fork's, whatever its name.
 *
 * @returns `undefined` where the sources moved on after the preview, or the plan is too old: make
 *   another, and have it looked at again.
 */
export function previewedPlan(name: string, artifacts: readonly Artifact[]): Artifact | undefined {
  return artifacts
    .filter(({ workflow_run: run }) => run !== null && run.repository_id === run.head_repository_id)
    .filter((artifact) => artifact.name === name && !artifact.expired)
    .sort((a, b) => (String(a.created_at) < String(b.created_at) ? 1 : -1))
    .at(0);
}
