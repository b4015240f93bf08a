import { say } from "../../terminal.ts";
import { gitHubApi } from "../github.ts";
import { type Artifact, planName, previewedPlan } from "../plan-artifact.ts";
import { flagsOf, needed, tell } from "./flags.ts";
import { gitHubPlace } from "./forge.ts";

/**
 * `plan --stack STACK --tree HASH`: the artifact with the plan that was previewed for these very
 * sources, as `name` and, if there is one, `run-id`.
 */
export async function run(args: string[]): Promise<void> {
  const flags = flagsOf(args, ["stack", "tree"]);
  const name = planName(needed(flags, "stack"), needed(flags, "tree"));
  const place = gitHubPlace();
  const found = (await gitHubApi(place).call(
    "GET",
    `/repos/${place.repository}/actions/artifacts?per_page=100&name=${encodeURIComponent(name)}`,
  )) as { artifacts: readonly Artifact[] };
  const plan = previewedPlan(name, found.artifacts);
  say(
    plan === undefined
      ? "no plan of these sources: one is made now"
      : `plan of run ${plan.workflow_run?.id}`,
  );
  tell("GITHUB_OUTPUT", `name=${name}`);
  tell("GITHUB_OUTPUT", `run-id=${plan?.workflow_run?.id ?? ""}`);
}
