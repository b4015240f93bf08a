import type { Notes } from "./discussion.ts";
import { Rest } from "./rest.ts";

export interface GitHubPlace {
  /** `GITHUB_API_URL` of the runner. */
  readonly api: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly token: string;
}

/** The account behind a workflow's own token. */
const WORKFLOWS = "github-actions[bot]";

interface Comment {
  readonly id: number;
  readonly number: number;
  readonly body: string | null;
  readonly user: { readonly login: string } | null;
}

export function gitHubApi({ api, token }: GitHubPlace): Rest {
  return new Rest(api, {
    accept: "application/vnd.github+json",
    authorization: `Bearer ${token}`,
    "x-github-api-version": "2022-11-28",
  });
}

const own = ({ user }: Comment): boolean => user?.login === WORKFLOWS;

/** Comments of a pull request. Source: GitHub REST API, "Issue comments". */
export function gitHubComments(place: GitHubPlace, pullRequest: number): Notes {
  const rest = gitHubApi(place);
  const issues = `/repos/${place.repository}/issues`;
  return {
    list: async () =>
      (await rest.all<Comment>(`${issues}/${pullRequest}/comments`)).map((comment) => ({
        ...{ id: comment.id, body: comment.body ?? "", own: own(comment) },
      })),
    create: async (body) =>
      void (await rest.call("POST", `${issues}/${pullRequest}/comments`, { body })),
    update: async (id, body) =>
      void (await rest.call("PATCH", `${issues}/comments/${id}`, { body })),
  };
}

/** Open issues of a label. Source: GitHub REST API, "Issues". */
export function gitHubIssues(place: GitHubPlace, label: string, title: string): Notes {
  const rest = gitHubApi(place);
  const issues = `/repos/${place.repository}/issues`;
  return {
    list: async () =>
      (await rest.all<Comment>(`${issues}?state=open&labels=${encodeURIComponent(label)}`)).map(
        (issue) => ({ id: issue.number, body: issue.body ?? "", own: own(issue) }),
      ),
    create: async (body) =>
      void (await rest.call("POST", issues, { title, body, labels: [label] })),
    update: async (id, body) => void (await rest.call("PATCH", `${issues}/${id}`, { body })),
    close: async (id, body) => {
      await rest.call("POST", `${issues}/${id}/comments`, { body });
      await rest.call("PATCH", `${issues}/${id}`, { state: "closed", state_reason: "completed" });
    },
  };
}
