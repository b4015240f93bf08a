import type { Notes } from "../discussion.ts";
import { type GitHubPlace, gitHubComments, gitHubIssues } from "../github.ts";
import { gitLabIssues, gitLabNotes } from "../gitlab.ts";
import { variable } from "./flags.ts";

/** The repository that this workflow runs for. */
export const gitHubPlace = (): GitHubPlace => ({
  api: variable("GITHUB_API_URL"),
  repository: variable("GITHUB_REPOSITORY"),
  token: variable("GITHUB_TOKEN"),
});

const gitLabPlace = () => ({
  api: variable("CI_API_V4_URL"),
  project: variable("CI_PROJECT_ID"),
  token: variable("GITLAB_TOKEN"),
});

const onGitLab = (): boolean => process.env.GITLAB_CI === "true";

/** Comments of the pull or merge request that this workflow runs for. */
export function comments(): Notes {
  return onGitLab()
    ? gitLabNotes(gitLabPlace(), Number(variable("CI_MERGE_REQUEST_IID")))
    : gitHubComments(gitHubPlace(), Number(variable("PULL_REQUEST")));
}

/** Open issues of a label. */
export function issues(label: string, title: string): Notes {
  return onGitLab()
    ? gitLabIssues(gitLabPlace(), label, title)
    : gitHubIssues(gitHubPlace(), label, title);
}

/** Address of the page that shows this run. */
export function runUrl(): string | undefined {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID, CI_JOB_URL } = process.env;
  return GITHUB_RUN_ID === undefined
    ? CI_JOB_URL
    : `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
}
