import { randomUUID } from "node:crypto";
import { directorConfigSchema } from "../src/config/schema.ts";
import { createDiscovery } from "../src/discovery/create-discovery.ts";
import { answerRequest } from "../src/query/answer.ts";
import { Selector } from "../src/selection/selector.ts";
import { podMapping } from "../src/testing/pod-mapping.ts";

/**
 * What answering a query costs, from the bytes of the request to those of the answer: parsing,
 * selection among many backends in memory, a token. Without sockets, and in processor time, so
 * that what else the machine does counts as little as can be. Ten seconds on an idle machine.
 * Usage: node udp-director/soak/query.ts [backends, default 1000]. Ends with 1 when 99 of 100
 * answers by label and status do not take less than a millisecond.
 */

const BACKENDS = Number(process.argv[2] ?? 1000);
const ANSWERS = 3000;
const LIMIT_MS = 1;

const byLabel = { labelSelector: { map: "m7" } };
const byStatus = { jsonPath: "status.state", expectedValues: ["Ready"] };
const byFilter = { jsonPath: "status.list[?@.kind=='x'].state", expectedValues: ["Ready"] };
const SCORE = { type: "expression", expression: "int(labels.max) - sessions" } as const;

const CASES = [
  ["a label, first match", {}, byLabel],
  [
    "a label and a status, fewest sessions",
    { type: "leastSessions" },
    { ...byLabel, statusQuery: byStatus },
  ],
  [
    "a status that most have, fewest sessions",
    { type: "leastSessions" },
    { statusQuery: byStatus },
  ],
  ["a filter in the path", {}, { statusQuery: byFilter }],
  ["a score for each", SCORE, {}],
] as const;

const config = (loadBalancing: object) =>
  directorConfigSchema.parse({
    loadBalancing,
    resourceQueryMapping: {
      game: podMapping,
    },
    discovery: {
      static: {
        resources: Array.from({ length: BACKENDS }, (_, n) => ({
          ...{ resourceType: "game", namespace: "games", name: `g-${n}` },
          labels: { map: `m${n % 50}`, max: `${n % 40}` },
          address: `10.0.${n >> 8}.${n & 255}`,
          ports: { udp: 7000 },
          status: { state: n % 4 === 0 ? "Full" : "Ready", list: [{ kind: "x", state: "Ready" }] },
        })),
      },
    },
  });

/** Processor time of this process so far. Milliseconds. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Costs of single answers in milliseconds, sorted. */
async function times(loadBalancing: object, query: object): Promise<number[]> {
  const parsed = config(loadBalancing);
  const discovery = createDiscovery(parsed, {
    resolveName: async () => [],
    report: { info: () => undefined, problem: () => undefined, apiRequest: () => undefined },
    now: () => performance.now(),
  });
  await discovery.start();
  let asked = 0;
  const selector = new Selector(parsed, discovery, () => asked++ % 7);
  const body = Buffer.from(JSON.stringify({ resourceType: "game", namespace: "games", ...query }));
  const taken: number[] = [];
  for (let n = 0; n < ANSWERS * 1.2; n++) {
    const started = cpuMs();
    const answer = await answerRequest(body, "192.0.2.1", {
      sessions: {
        issueToken: () => true,
        resetByQuery: () => ({ ok: false, reason: "no_session" }),
      },
      selector,
      now: () => performance.now(),
      newToken: () => randomUUID(),
      tokenTtlSeconds: 30,
      directorPorts: () => ({ default: 7777 }),
    });
    // The first fifth warms up.
    if (n >= ANSWERS * 0.2) taken.push(cpuMs() - started);
    if (!answer.ok) throw new Error(answer.text);
  }
  await discovery.close();
  return taken.sort((a, b) => a - b);
}

for (const [index, [name, loadBalancing, query]] of CASES.entries()) {
  const sorted = await times(loadBalancing, query);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;
  const [p50, p99] = [at(0.5), at(0.99)];
  console.log(`${name}, ${BACKENDS} backends: p50 ${p50.toFixed(3)} ms, p99 ${p99.toFixed(3)} ms`);
  if (index < 2 && p99 >= LIMIT_MS) process.exitCode = 1;
}
