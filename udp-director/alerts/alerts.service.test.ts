import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { debianCommand } from "../../toolchain/debian.ts";
import { echoResource, testConfig, testDirector, testEcho } from "../src/testing/director.ts";
import { dashboardQueries, FOLDER, RULE_TESTS, RULES, ruleFile } from "./testing.ts";

const run = promisify(execFile);
const say = (line: string) => process.stderr.write(`${line}\n`);
const promtool = await debianCommand({ command: "promtool", package: "prometheus" }, say);
const prometheus = await debianCommand({ command: "prometheus" }, say);
const noTool = "missing" in promtool ? promtool.missing : false;
const noServer = "missing" in prometheus ? prometheus.missing : false;

async function folder(t: TestContext) {
  const path = await mkdtemp(join(tmpdir(), "udp-director-alerts-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

test("promtool takes the rules, and each fires when it should", { skip: noTool }, async () => {
  assert.ok("file" in promtool);
  await run(promtool.file, ["check", "rules", RULES]);
  await run(promtool.file, ["test", "rules", RULE_TESTS], { cwd: FOLDER });
});

test("promtool takes every query of the dashboard", { skip: noTool }, async (t) => {
  assert.ok("file" in promtool);
  const rules = dashboardQueries().map((expr, at) => ({ record: `query:${at}`, expr }));
  assert.ok(rules.length > 20);
  const file = join(await folder(t), "queries.yaml");
  await writeFile(file, stringify({ groups: [{ name: "dashboard", rules }] }));
  await run(promtool.file, ["check", "rules", "--lint=none", file]);
});

test("a Prometheus that reads a director raises the alarm when it is gone", {
  skip: noServer,
}, async (t) => {
  assert.ok("file" in prometheus);
  const path = await folder(t);
  const echo = await testEcho(t, "a");
  const director = await testDirector(t, testConfig([echoResource("a", echo.port)]));
  // The rules as they are, but for the time that an alert waits.
  const groups = ruleFile().groups.map((group) => ({
    ...group,
    rules: group.rules.map((rule) => ({ ...rule, for: "0s" })),
  }));
  await writeFile(join(path, "rules.yaml"), stringify({ groups }));
  const target = `127.0.0.1:${director.metricsPort}`;
  const config = {
    global: { scrape_interval: "200ms", scrape_timeout: "200ms", evaluation_interval: "200ms" },
    rule_files: ["rules.yaml"],
    scrape_configs: [{ job_name: "udp-director", static_configs: [{ targets: [target] }] }],
  };
  await writeFile(join(path, "prometheus.yml"), stringify(config));
  const port = await freeTcpPort();
  const child = spawn(
    prometheus.file,
    [
      `--config.file=${join(path, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(path, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=warn",
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const ended = once(child, "exit");
  t.after(async () => {
    child.kill("SIGTERM");
    await ended;
  });

  /** Asks until the answer passes. */
  const until = async <T>(api: string, passes: (data: T) => boolean): Promise<T> => {
    let last: unknown;
    for (const end = performance.now() + 60_000; performance.now() < end; ) {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/${api}`).catch(() => undefined);
      if (response?.ok) {
        const { data } = (await response.json()) as { data: T };
        if (passes(data)) return data;
        last = data;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${api}: ${JSON.stringify(last)}`);
  };
  type Alerts = {
    alerts: { state: string; labels: Record<string, string>; annotations: object }[];
  };
  const firing = ({ alerts }: Alerts) =>
    alerts.filter(({ state }) => state === "firing").map(({ labels }) => labels.alertname);

  type Rules = { groups: { rules: { health: string; lastError?: string; name: string }[] }[] };
  const evaluated = await until<Rules>("rules", ({ groups: [group] }) =>
    (group?.rules ?? []).every(({ health }) => health !== "unknown"),
  );
  for (const { name, health, lastError } of evaluated.groups[0]?.rules ?? []) {
    assert.equal(health, "ok", `${name}: ${lastError}`);
  }
  type Result = { result: { value: [number, string] }[] };
  const up = encodeURIComponent('up{job="udp-director"}');
  await until<Result>(`query?query=${up}`, ({ result }) => result[0]?.value[1] === "1");
  await until<Alerts>("alerts", (alerts) => firing(alerts).length === 0);

  await director.close();
  const alarm = await until<Alerts>("alerts", (alerts) =>
    firing(alerts).includes("UDPDirectorDown"),
  );
  const raised = alarm.alerts.find(({ labels }) => labels.alertname === "UDPDirectorDown");
  assert.deepEqual(raised?.labels.severity, "critical");
  assert.match(
    JSON.stringify(raised?.annotations),
    new RegExp(`The director at ${target} is down`),
  );
});
