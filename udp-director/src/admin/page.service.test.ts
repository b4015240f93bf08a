import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { type Browser, chromium, type Page } from "playwright-core";
import { debianCommand } from "../../../toolchain/debian.ts";
import { DirectorConnection, query } from "../client/index.ts";
import type { DirectorConfigInput } from "../config/schema.ts";
import {
  echoResource,
  type TestDirector,
  testConfig,
  testDirector,
  testEcho,
} from "../testing/director.ts";
import { traffic } from "../testing/traffic.ts";

const found = await debianCommand({ command: "chromium" }, (line) =>
  process.stderr.write(`${line}\n`),
);
const skip = "missing" in found ? found.missing : false;
/** A machine that builds something else at the same time draws slowly. Milliseconds. */
const PATIENCE = 30_000;

let browser: Browser | undefined;
before(async () => {
  if ("missing" in found) return;
  // Chromium's own sandbox needs more than root in a container has.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  browser = await chromium.launch({ executablePath: found.file, args, timeout: PATIENCE });
});
after(() => browser?.close());

/** Would run if it became markup, and shows in the title when it has run. */
const HOSTILE = `<img src=x onerror="document.title='run'"><script>document.title='run'</script>`;

async function setting(t: TestContext, input: Partial<DirectorConfigInput> = {}) {
  const resources = [];
  for (const name of ["a", "b", HOSTILE]) {
    resources.push(echoResource(name, (await testEcho(t, name)).port));
  }
  return testDirector(t, testConfig(resources, { admin: {}, ...input }));
}

const open = async (t: TestContext, director: TestDirector, version = "a") => {
  const labelSelector = { version };
  const wanted = { resourceType: "echo", namespace: "local", labelSelector };
  return traffic(t, director, (await query(director.at, wanted)).token, 20);
};

/** The page in a browser of its own, and everything that the browser had to complain about. */
async function visit(t: TestContext, director: TestDirector) {
  assert.ok(browser);
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  t.after(() => context.close());
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (line) => {
    if (["error", "warning"].includes(line.type())) complaints.push(line.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  const strangers: string[] = [];
  const origin = `http://127.0.0.1:${director.adminPort}`;
  page.on("request", (request) => {
    if (!request.url().startsWith(origin)) strangers.push(request.url());
  });
  await page.goto(`${origin}/`);
  return { page, complaints, strangers };
}

const row = (page: Page, text: string) => page.locator("#session-rows tr", { hasText: text });
const gone = (page: Page, text: string) => row(page, text).waitFor({ state: "detached" });

test("sessions appear, move and end, by themselves and from the page", { skip }, async (t) => {
  const director = await setting(t);
  const { page, complaints, strangers } = await visit(t, director);
  await page.getByText("No sessions.").waitFor();
  await page.locator("#state", { hasText: "live" }).waitFor();

  const client = await open(t, director);
  const port = `127.0.0.1:${client.connection.localPort}`;
  await row(page, port).filter({ hasText: "echo/local/a" }).waitFor();
  const events = page.locator("#events li");
  await events.filter({ hasText: "session opened" }).filter({ hasText: port }).waitFor();

  await page.getByRole("button", { name: "Move session 1" }).click();
  await page.locator("#move-resource").fill("echo/local/b");
  await page.getByRole("dialog").getByRole("button", { name: "Move" }).click();
  await client.answeredBy("b", PATIENCE);
  await row(page, port).filter({ hasText: "echo/local/b" }).waitFor();
  await events.filter({ hasText: "session moved" }).filter({ hasText: "operator" }).waitFor();

  await page.getByRole("button", { name: "Move every session of echo/local/b" }).click();
  await page.locator("#move-resource").fill("echo/local/a");
  await page.getByRole("dialog").getByRole("button", { name: "Move" }).click();
  await client.answeredBy("a", PATIENCE);
  await page.getByText("Moved 1 of 1").waitFor();

  await page.getByRole("button", { name: "Show session 1" }).click();
  await page.locator("#detail-fields", { hasText: port }).waitFor();
  await page.getByRole("button", { name: "Watch quality" }).click();
  await page.getByRole("button", { name: "Watch no more" }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#quality-rows tr", { hasText: port }).waitFor();
  await client.stop();
  await page.getByRole("button", { name: "End session 1" }).click();
  await page.getByRole("button", { name: "End it" }).click();
  await gone(page, port);
  await events.filter({ hasText: "session ended" }).filter({ hasText: "operator" }).waitFor();
  assert.equal(await director.metric("udp_director_active_sessions"), 0);
  assert.deepEqual(complaints, []);
  assert.deepEqual(strangers, []);
});

test("a hostile name is text, wherever it stands", { skip }, async (t) => {
  const director = await setting(t);
  const client = await open(t, director, HOSTILE);
  const { page, complaints } = await visit(t, director);
  await row(page, HOSTILE).waitFor();
  await page.locator("#backend-rows tr", { hasText: HOSTILE }).waitFor();
  await page.locator("#events li", { hasText: HOSTILE }).first().waitFor();
  await page.getByRole("button", { name: "Show session 1" }).click();
  await page.locator("#detail-fields", { hasText: HOSTILE }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Move session 1" }).click();
  await page.keyboard.press("Escape");
  await client.stop();
  assert.equal(await page.title(), "udp-director");
  assert.equal(await page.locator("img, main script").count(), 0);
  assert.deepEqual(complaints, []);
});

test("what the policy forbids, the browser refuses", { skip }, async (t) => {
  const director = await setting(t);
  const { page } = await visit(t, director);
  const refused = await page.evaluate(async (elsewhere) => {
    const results: string[] = [];
    const { body } = (globalThis as unknown as { document: { body: { innerHTML: string } } })
      .document;
    try {
      body.innerHTML = "<p>x</p>";
    } catch {
      results.push("markup");
    }
    const request = { mode: "no-cors" } as RequestInit;
    await fetch(elsewhere, request).catch(() => results.push("other hosts"));
    return results;
  }, `http://127.0.0.1:${director.metricsPort}/livez`);
  assert.deepEqual(refused, ["markup", "other hosts"]);
});

test("many sessions are paged, and a search finds one of them", { skip }, async (t) => {
  const director = await setting(t);
  const wanted = { resourceType: "echo", namespace: "local" };
  const clients: DirectorConnection[] = [];
  for (let n = 0; n < 60; n++) {
    const { token } = await query(director.at, wanted);
    const connection = await DirectorConnection.open({ ...director.at, ...director, token });
    t.after(() => connection.close());
    connection.send("x");
    await connection.receive(PATIENCE);
    clients.push(connection);
  }
  const { page } = await visit(t, director);
  const rows = page.locator("#session-rows tr");
  await rows.nth(49).waitFor();
  assert.equal(await rows.count(), 50);
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByRole("button", { name: "Show session 60" }).waitFor();
  assert.equal(await rows.count(), 10);
  assert.equal(await page.getByRole("button", { name: "Next" }).isDisabled(), true);
  await page.getByLabel("Search by client or backend").fill(`:${clients[54]?.localPort}`);
  await page.getByRole("button", { name: "Show session 55" }).waitFor();
  await gone(page, `:${clients[59]?.localPort}`);
  await page.getByLabel("Search by client or backend").fill("nothing like it");
  await page.getByText("No session has “nothing like it” in it.").waitFor();
});

test("a ban is shown and lifted", { skip }, async (t) => {
  const protection = { exempt: [], tokenFailures: { count: 1, banSeconds: 3600 } };
  const director = await setting(t, { protection });
  const client = await open(t, director);
  await client.answeredBy("a");
  client.connection.reset("550e8400-e29b-41d4-a716-446655440000");
  const { page, complaints } = await visit(t, director);
  await page.locator("#drop-rows tr", { hasText: "reset_token_invalid" }).waitFor();
  await page.getByRole("button", { name: "Lift the ban of 127.0.0.1" }).click();
  await page.locator("#ban-rows tr").waitFor({ state: "detached" });
  await page.locator("#events li", { hasText: "ban lifted" }).waitFor();
  assert.equal(await director.metric("udp_director_banned_sources"), 0);
  assert.deepEqual(complaints, []);
});

test("the token is asked for, kept for the tab, and asked for again when it changes", {
  skip,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "udp-director-page-"));
  t.after(() => rm(folder, { recursive: true }));
  const tokenFile = join(folder, "token");
  await writeFile(tokenFile, "first\n");
  const director = await setting(t, { admin: { tokenFile } });
  const { page } = await visit(t, director);
  const sign = async (token: string) => {
    await page.getByLabel("Token", { exact: true }).fill(token);
    await page.getByRole("button", { name: "Sign in" }).click();
  };
  await sign("wrong");
  await page.getByText("The director refuses this token.").waitFor();
  await sign("first");
  await page.locator("#state", { hasText: "live" }).waitFor();
  await page.getByText("No sessions.").waitFor();
  await page.reload();
  await page.locator("#state", { hasText: "live" }).waitFor();
  assert.equal(await page.getByRole("dialog").count(), 0);
  await writeFile(tokenFile, "second\n");
  await page.getByText("The director refuses this token.").waitFor();
  await sign("second");
  const client = await open(t, director);
  await row(page, `127.0.0.1:${client.connection.localPort}`).waitFor();
});
