import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { stringify } from "yaml";
import { parseConfig } from "./cli/config-file.ts";
import { CliError } from "./cli/exit.ts";
import { directorConfigSchema } from "./config/schema.ts";
import { target } from "./sessions/testing.ts";
import { encodeLine, JournalReader } from "./store/journal-format.ts";
import type { StoreChange } from "./store/records.ts";

/** Damaged files in volume: configurations and journals. A counted number, the same every run. */

const CONFIGS = 4000;
const JOURNAL_LINES = 200_000;

type Pick = (below: number) => number;

/** xorshift32. */
function random(seed: number): Pick {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const JUNK: readonly unknown[] = [
  ...[null, true, -1, 0, 1.5, 65_536, 1e308, Number.NaN, Number.POSITIVE_INFINITY],
  ...["", "0", "x", "\0", "\ud800", "__proto__", "::1", "a".repeat(5000), "$x", "-1", "1e9"],
  ...[[], {}, [[]], [null], { a: 1 }, { "": {} }, JSON.parse('{"__proto__":{"port":1}}')],
];

/** A copy in which one value somewhere is another one, or gone, or a key is new. */
function damage(value: unknown, pick: Pick): unknown {
  if (typeof value !== "object" || value === null || pick(6) === 0) return JUNK[pick(JUNK.length)];
  if (Array.isArray(value)) {
    const at = pick(value.length + 1);
    if (at === value.length) return [...value, JUNK[pick(JUNK.length)]];
    return value.map((one, n) => (n === at ? damage(one, pick) : one));
  }
  const entries = Object.entries(value);
  const at = pick(entries.length + 1);
  if (at === entries.length) return { ...value, [`new${pick(3)}`]: JUNK[pick(JUNK.length)] };
  if (pick(8) === 0) return Object.fromEntries(entries.filter((_, n) => n !== at));
  return Object.fromEntries(
    entries.map(([key, one], n) => [key, n === at ? damage(one, pick) : one]),
  );
}

/** A text with one to three characters changed, cut short, or with a piece of itself again. */
function damageText(text: string, pick: Pick): string {
  const kind = pick(3);
  if (kind === 0) return text.slice(0, pick(text.length));
  if (kind === 1) {
    const at = pick(text.length);
    return text.slice(0, at) + text.slice(pick(text.length), at + 200) + text.slice(at);
  }
  const characters = [..."&*!|>%@`{}[],:#?-\t\0\"'\n "];
  let changed = text;
  for (let n = 0; n <= pick(3); n++) {
    const at = pick(changed.length);
    changed = changed.slice(0, at) + characters[pick(characters.length)] + changed.slice(at + 1);
  }
  return changed;
}

const mapping = {
  ...{ group: "", version: "v1", resource: "pods", addressPath: "status.podIP" },
  ports: [{ name: "game", portName: "udp" }],
};
const config = {
  listen: ["127.0.0.1"],
  dataPorts: [{ name: "game", port: 7777, protocol: "udp" }],
  resourceQueryMapping: { pod: mapping },
  defaultEndpoint: {
    ...{ resourceType: "pod", namespace: "games", labelSelector: { map: "de" } },
    statusQuery: { jsonPath: "$.status.state", expectedValues: ["Ready"] },
  },
  loadBalancing: { type: "weighted", weightLabel: "weight" },
  discovery: {
    static: {
      resources: [
        {
          ...{ resourceType: "pod", namespace: "games", name: "a" },
          ...{ address: "10.0.0.1", ports: { udp: 5000 }, labels: { map: "de" } },
        },
      ],
    },
    kubernetes: { namespaces: ["games"] },
  },
  tokens: { kind: "sealed", keys: [{ id: "one", secretEnv: "KEY" }], singleUse: true },
  store: { kind: "journal", journal: { path: "/state/journal" } },
  limits: { maxSessions: 10 },
  protection: { exempt: ["10.0.0.0/8"], tokenFailures: { count: 5 }, unproven: { proof: "token" } },
  admin: { port: 9091, tls: { certFile: "c", keyFile: "k" } },
  quality: { sample: 0.5 },
};

test(`${CONFIGS} damaged configurations are read, or refused with every mistake named`, (t) => {
  const pick = random(20_261_122);
  const text = stringify(config);
  parseConfig("config.yaml", text, directorConfigSchema);
  let refused = 0;
  for (let n = 0; n < CONFIGS; n++) {
    const broken = n % 2 === 0 ? stringify(damage(config, pick)) : damageText(text, pick);
    try {
      parseConfig("config.yaml", broken, directorConfigSchema);
    } catch (error) {
      refused++;
      assert.ok(error instanceof CliError, `${broken}\n${(error as Error).stack}`);
      assert.match(error.message, /^config\.yaml (?:is not YAML: .|has \d+ mistakes?:\n {2}\S)/);
    }
  }
  assert.equal(({} as { port?: number }).port, undefined);
  assert.ok(refused > CONFIGS / 2, `only ${refused} were refused`);
  t.diagnostic(`${refused} of ${CONFIGS} refused`);
});

const socket = { address: "192.0.2.1", port: 1, transport: "udp" } as const;
const query = {
  ...{ resourceType: "pod", namespace: "games", labels: [["map", "de"]] as const },
  ...{ annotations: [], status: { path: ["status", "state"], expectedValues: ["1"] } },
};
const changes: readonly StoreChange[] = [
  {
    kind: "session",
    record: {
      ...socket,
      ...{ origin: "token", token: "t", createdAt: 1, activeAt: 2, targetSince: 1 },
      target: { ...target("10.0.0.1"), query },
    },
  },
  { kind: "active", record: { ...socket, activeAt: 3 } },
  { kind: "ended", client: socket },
  {
    kind: "token",
    record: {
      ...{ token: "a", expiresAt: 9, target: target("10.0.0.2") },
      ...{ source: "192.0.2.1", usedBy: "192.0.2.1 1" },
    },
  },
] as StoreChange[];

test(`${JOURNAL_LINES} damaged lines of a journal are skipped, or mean what they say`, (t) => {
  const pick = random(4_712);
  const lines = changes.map((change) => encodeLine(change).trimEnd().slice(9));
  const reader = new JournalReader();
  for (let n = 0; n < JOURNAL_LINES; n++) {
    const line = lines[pick(lines.length)] ?? "";
    const [kind = "", json] = [line[0], line.slice(1)];
    // Wrong inside, with a checksum that is right: nothing but the reader's own checks is left.
    const broken =
      pick(4) === 0 ? damageText(json, pick) : JSON.stringify(damage(JSON.parse(json), pick));
    const text = `${pick(20) === 0 ? "x" : kind}${broken}`.replaceAll("\n", " ");
    const checksum = crc32(text).toString(16).padStart(8, "0");
    reader.push(Buffer.from(`${pick(20) === 0 ? "00000000" : checksum} ${text}\n`));
  }
  const state = reader.end();
  assert.ok(reader.damaged > JOURNAL_LINES / 4, `${reader.damaged}`);
  const again = new JournalReader();
  for (const record of state.sessions)
    again.push(Buffer.from(encodeLine({ kind: "session", record })));
  for (const record of state.tokens) again.push(Buffer.from(encodeLine({ kind: "token", record })));
  // What was taken is whole: written again, it is read as the same.
  assert.deepEqual(again.end(), state);
  assert.equal(again.damaged, 0);
  t.diagnostic(`${reader.damaged} skipped, ${state.sessions.length} sessions`);
});
