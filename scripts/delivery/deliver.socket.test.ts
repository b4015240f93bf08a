import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { json, text } from "node:stream/consumers";
import { after, before, beforeEach, test } from "node:test";
import { recorded } from "../../test/workflows/recording.ts";

/**
 * The commands as the workflows run them, against a server that answers as GitHub's and GitLab's
 * APIs do: their paths, pages and fields.
 */
const script = path.resolve(import.meta.dirname, "../deliver.ts");
const PAGE = 100;

interface Item {
  id: number;
  number: number;
  iid: number;
  body: string;
  description: string;
  user: { login: string };
  author: { id: number };
  state: string;
}

const item = (id: number, body: string, by = "github-actions[bot]"): Item => ({
  ...{ id, number: id, iid: id, body, description: body, state: "open" },
  user: { login: by },
  author: { id: by === "github-actions[bot]" ? 7 : 8 },
});

let items: Item[] = [];
let artifacts: object[] = [];
let calls: string[] = [];
const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? "", "http://x");
  const { method = "" } = request;
  const authorized =
    request.headers.authorization === "Bearer secret" ||
    request.headers["private-token"] === "secret";
  const answer = (status: number, value: unknown) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  };
  if (!authorized) {
    return answer(401, { message: "Bad credentials" });
  }
  if (url.pathname.endsWith("/user")) {
    return answer(200, { id: 7 });
  }
  if (url.pathname.endsWith("/actions/artifacts")) {
    return answer(200, { artifacts });
  }
  if (method === "GET") {
    const page = Number(url.searchParams.get("page") ?? 1);
    const open = items.filter(({ state }) => !url.search.includes("state=") || state === "open");
    return answer(200, open.slice((page - 1) * PAGE, page * PAGE));
  }
  const body = (await json(request)) as Partial<Item> & { state_event?: string };
  calls.push(`${method} ${url.pathname}`);
  const id = Number(/\/(\d+)$/.exec(url.pathname)?.[1]);
  const known = items.find((one) => one.id === id);
  if (method === "POST") {
    const made = item(items.length + 1, body.body ?? body.description ?? "");
    // A last word on an issue is no item of the list of issues.
    if (
      !/issues\/\d+\/(comments|notes)$/.test(url.pathname) ||
      url.pathname.includes("/issues/5/")
    ) {
      items.push(made);
    }
    return answer(201, made);
  }
  if (known === undefined) {
    return answer(404, { message: "Not Found" });
  }
  Object.assign(known, body, body.state_event === "close" ? { state: "closed" } : {});
  return answer(200, known);
});

let folder: string;
let place: NodeJS.ProcessEnv;
before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "deliver-"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  place = {
    PATH: process.env.PATH,
    ...{ GITHUB_API_URL: api, GITHUB_REPOSITORY: "o/r", GITHUB_TOKEN: "secret" },
    ...{ GITHUB_SERVER_URL: "https://example.com", GITHUB_RUN_ID: "1", PULL_REQUEST: "5" },
    GITHUB_OUTPUT: path.join(folder, "output"),
    GITHUB_STEP_SUMMARY: path.join(folder, "summary.md"),
  };
});
after(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  [items, artifacts, calls] = [[], [], []];
  for (const file of ["output", "summary.md"]) writeFileSync(path.join(folder, file), "");
});

async function deliver(args: string[], { stdin = "", env = place } = {}) {
  const child = spawn(process.execPath, [script, ...args], { env });
  child.stdin.end(stdin);
  const [stderr, , [code]] = await Promise.all([
    text(child.stderr),
    text(child.stdout),
    once(child, "close"),
  ]);
  return {
    code: code as number,
    stderr,
    output: readFileSync(path.join(folder, "output"), "utf8"),
  };
}
const file = (name: string, content: string): string => {
  const target = path.join(folder, name);
  writeFileSync(target, content);
  return target;
};
const comment = (preview: string, to = "request") => [
  ...["comment", "--stack", "debug", "--preview", file("preview.json", preview)],
  ...["--where", "compared with the cloud", "--to", to],
];
const gitLab = () => ({
  ...{ PATH: process.env.PATH, GITLAB_CI: "true", CI_API_V4_URL: place.GITHUB_API_URL },
  ...{ CI_PROJECT_ID: "9", GITLAB_TOKEN: "secret", CI_MERGE_REQUEST_IID: "5" },
  ...{ GITHUB_OUTPUT: place.GITHUB_OUTPUT, GITHUB_STEP_SUMMARY: place.GITHUB_STEP_SUMMARY },
});

test("stacks: the matrix of what a diff alters, without anything installed", async () => {
  const { code, output } = await deliver(["stacks", "--runners", '{"pi-home":"home"}'], {
    stdin: "Pulumi.debug.yaml\nstacks/platforms/cilium.ts\nREADME.md\n",
  });
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(output.replace("stacks=", "")), [
    { stack: "debug", platform: "aks", runner: "ubuntu-24.04" },
    { stack: "pi-home", platform: "cilium", runner: "home" },
  ]);
});

test("comment: one a stack, found among many pages and edited in place", async () => {
  items = Array.from({ length: 130 }, (_, n) => item(n + 1, "hello", "somebody"));
  assert.equal((await deliver(comment(recorded("create")))).code, 0);
  assert.equal((await deliver(comment(recorded("change")))).code, 0);
  assert.deepEqual(calls, [
    "POST /repos/o/r/issues/5/comments",
    "PATCH /repos/o/r/issues/comments/131",
  ]);
  assert.match(items[130]?.body ?? "", /7 replaced, 1 changed.*\[Details\]\(https:/s);
  assert.match(readFileSync(path.join(folder, "summary.md"), "utf8"), /11 created/);
});

test("comment: a preview that failed is told, and fails; a summary calls nobody", async () => {
  const failed = await deliver(comment(recorded("failed")));
  assert.equal(failed.code, 1);
  assert.match(items[0]?.body ?? "", /the preview failed/);
  calls = [];
  assert.equal((await deliver(comment(recorded("create"), "summary"))).code, 0);
  assert.deepEqual(calls, []);
});

test("comment: an answer other than 2xx is an error with its text", async () => {
  const env = { ...place, GITHUB_TOKEN: "wrong" };
  const { code, stderr } = await deliver(comment(recorded("create")), { env });
  assert.equal(code, 1);
  assert.match(stderr, /401 .*Bad credentials/);
});

test("drift: one issue, opened, edited and closed", async () => {
  const reports = path.join(folder, "reports");
  const look = (text: string) => {
    rmSync(reports, { recursive: true, force: true });
    file("debug.json", text);
    return deliver(["drift", "--reports", folder]);
  };
  rmSync(path.join(folder, "preview.json"), { force: true });
  assert.equal((await look(recorded("drift"))).code, 0);
  assert.equal((await look(recorded("change"))).code, 0);
  assert.equal((await look('{"steps":[]}')).code, 0);
  assert.deepEqual(calls, [
    "POST /repos/o/r/issues",
    "PATCH /repos/o/r/issues/1",
    "POST /repos/o/r/issues/1/comments",
    "PATCH /repos/o/r/issues/1",
  ]);
  assert.equal(items[0]?.state, "closed");
  // Nothing to say, and nothing open: nobody is called.
  calls = [];
  assert.equal((await look('{"steps":[]}')).code, 0);
  assert.deepEqual(calls, []);
});

test("plan: the artifact of these sources, or none", async () => {
  const run = { id: 3, repository_id: 1, head_repository_id: 1 };
  artifacts = [{ id: 1, name: "plan-debug-abc", expired: false, workflow_run: run }];
  const args = ["plan", "--stack", "debug", "--tree"];
  assert.match((await deliver([...args, "abc"])).output, /name=plan-debug-abc\nrun-id=3\n/);
  assert.match((await deliver([...args, "def"])).output, /run-id=\n$/);
});

test("GitLab: the same comment and issue, by its paths", async () => {
  const env = gitLab();
  assert.equal((await deliver(comment(recorded("create")), { env })).code, 0);
  assert.equal((await deliver(comment(recorded("change")), { env })).code, 0);
  rmSync(path.join(folder, "preview.json"), { force: true });
  items = [];
  file("debug.json", recorded("drift"));
  assert.equal((await deliver(["drift", "--reports", folder], { env })).code, 0);
  file("debug.json", '{"steps":[]}');
  assert.equal((await deliver(["drift", "--reports", folder], { env })).code, 0);
  assert.deepEqual(calls, [
    "POST /projects/9/merge_requests/5/notes",
    "PUT /projects/9/merge_requests/5/notes/1",
    "POST /projects/9/issues",
    "POST /projects/9/issues/1/notes",
    "PUT /projects/9/issues/1",
  ]);
});

test("a wrong command, flag or place is told in a line", async () => {
  assert.match((await deliver(["nothing"])).stderr, /error: name one command: stacks, comment/);
  assert.match((await deliver(["plan", "--stack", "x"])).stderr, /error: --tree is missing/);
  assert.match((await deliver(["plan", "--x", "y"])).stderr, /Unknown option '--x'/);
  const env = { PATH: process.env.PATH };
  assert.match(
    (await deliver(["plan", "--stack", "x", "--tree", "y"], { env })).stderr,
    /GITHUB_API_URL is not set: this command runs in a workflow/,
  );
});
