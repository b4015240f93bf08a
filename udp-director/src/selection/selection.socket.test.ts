import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { DirectorConnection, query } from "../client/index.ts";
import type { DirectorConfigInput } from "../config/schema.ts";
import { echoResource, testConfig, testDirector, testEcho } from "../testing/director.ts";

const everything = { resourceType: "echo", namespace: "local" };

/** A director over five echo backends, and who answers a client with and without a token. */
async function five(
  t: TestContext,
  loadBalancing: DirectorConfigInput["loadBalancing"],
  expression?: string,
) {
  const names = ["a", "b", "c", "d", "e"];
  const echoes = await Promise.all(names.map((name) => testEcho(t, name)));
  const resources = echoes.map((echo, at) => {
    const { labels, ...rest } = echoResource(names[at] ?? "", echo.port);
    return { ...rest, labels: { ...labels, weight: `${at}`, max: `${at}`, used: "1" } };
  });
  const defaultEndpoint = { ...everything, ...(expression === undefined ? {} : { expression }) };
  const config = testConfig(resources, { loadBalancing, defaultEndpoint });
  const director = await testDirector(t, config);
  const answers = async (token?: string) => {
    const connection = await DirectorConnection.open({
      ...{ host: director.at.host, dataPort: director.dataPort },
      ...(token === undefined ? {} : { token }),
    });
    t.after(() => connection.close());
    connection.send("x");
    return (await connection.receive()).toString().slice(0, 1);
  };
  const asked = async () => answers((await query(director.at, everything)).token);
  return { answers, asked, director };
}

test("consistent hash: one address, one backend, asked for or by default", async (t) => {
  const { answers, asked } = await five(t, { type: "consistentHash" });
  const all = new Set<string>();
  for (let i = 0; i < 5; i++) all.add(await answers()).add(await asked());
  assert.equal(all.size, 1);
});

test("weights: ten sessions spread as the weights say, with and without a token", async (t) => {
  const { answers, asked } = await five(t, { type: "weighted", weightLabel: "weight" });
  const counts: Record<string, number> = {};
  for (let i = 0; i < 10; i++) {
    const name = await (i % 2 === 0 ? answers() : asked());
    counts[name] = (counts[name] ?? 0) + 1;
  }
  assert.deepEqual(counts, { b: 1, c: 2, d: 3, e: 4 });
});

test("label arithmetic counts live sessions, and says so when nobody has room", async (t) => {
  const labels = { current_label: "used", max_label: "max" };
  const { asked } = await five(t, { strategy: { type: "labelArithmetic", ...labels } });
  const taken: string[] = [];
  for (let i = 0; i < 6; i++) taken.push(await asked());
  assert.equal(taken.sort().join(""), "cddeee");
  await assert.rejects(asked(), { message: "No matching resources found" });
});

test("an expression scores backends; one that it has no value for is passed over and counted", async (t) => {
  const expression = 'name == "e" ? int(labels.missing) : int(labels.max) - sessions * 3';
  const { asked, director } = await five(t, {
    type: "expression",
    expression,
    filter: 'name != "d"',
  });
  const taken: string[] = [];
  for (let i = 0; i < 4; i++) taken.push(await asked());
  assert.deepEqual(taken, ["c", "b", "a", "c"]);
  const errors = 'udp_director_errors_total{error_type="expression",component="query_server"}';
  assert.ok(Number(await director.metric(errors)) >= 4);
  const told = director.lines.filter((line) => line.startsWith("loadBalancing.expression"));
  assert.deepEqual(told, ["loadBalancing.expression passes over local/e: No such key: missing"]);
});

test("the default endpoint may ask for more than labels", async (t) => {
  const { answers } = await five(
    t,
    { type: "leastSessions" },
    'int(labels.max) > 2 && name != "e"',
  );
  assert.deepEqual([await answers(), await answers()], ["d", "d"]);
});
