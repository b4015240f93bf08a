import type { Notes } from "./discussion.ts";
import { Rest } from "./rest.ts";

export interface GitLabPlace {
  /** `CI_API_V4_URL` of the runner. */
  readonly api: string;
  /** `CI_PROJECT_ID`. */
  readonly project: string;
  /** A project access token with the scope `api`: the job's own token may write no notes. */
  readonly token: string;
}

interface GitLabNote {
  readonly id: number;
  readonly body: string;
  readonly author: { readonly id: number };
}

interface GitLabIssue {
  readonly iid: number;
  readonly description: string | null;
  readonly author: { readonly id: number };
}

const api = ({ api: url, token }: GitLabPlace): Rest => new Rest(url, { "private-token": token });

const me = async (rest: Rest): Promise<number> =>
  ((await rest.call("GET", "/user")) as { id: number }).id;

/** Notes of a merge request. Source: GitLab REST API, "Notes". */
export function gitLabNotes(place: GitLabPlace, mergeRequest: number): Notes {
  const rest = api(place);
  const notes = `/projects/${encodeURIComponent(place.project)}/merge_requests/${mergeRequest}/notes`;
  return {
    list: async () => {
      const mine = await me(rest);
      return (await rest.all<GitLabNote>(notes)).map(({ id, body, author }) => ({
        ...{ id, body, own: author.id === mine },
      }));
    },
    create: async (body) => void (await rest.call("POST", notes, { body })),
    update: async (id, body) => void (await rest.call("PUT", `${notes}/${id}`, { body })),
  };
}

/** Open issues of a label. Source: GitLab REST API, "Issues". */
export function gitLabIssues(place: GitLabPlace, label: string, title: string): Notes {
  const rest = api(place);
  const issues = `/projects/${encodeURIComponent(place.project)}/issues`;
  return {
    list: async () => {
      const mine = await me(rest);
      const found = await rest.all<GitLabIssue>(
        `${issues}?state=opened&labels=${encodeURIComponent(label)}`,
      );
      return found.map(({ iid, description, author }) => ({
        ...{ id: iid, body: description ?? "", own: author.id === mine },
      }));
    },
    create: async (description) =>
      void (await rest.call("POST", issues, { title, description, labels: label })),
    update: async (id, description) =>
      void (await rest.call("PUT", `${issues}/${id}`, { description })),
    close: async (id, body) => {
      await rest.call("POST", `${issues}/${id}/notes`, { body });
      await rest.call("PUT", `${issues}/${id}`, { state_event: "close" });
    },
  };
}
