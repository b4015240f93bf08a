import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { parse } from "yaml";
import { ApiServer, clusterTools } from "../simulation/cluster/index.ts";
import { openWorkspace } from "../simulation/engine/index.ts";
import { assertNoOrphans, changesOf, succeeded } from "../simulation/testing/life-cycle.ts";

/** Loose access to nested settings: a test that names a wrong path fails by itself. */
// biome-ignore lint/suspicious/noExplicitAny: settings of six platforms
type Json = any;

const projectDir = path.resolve(import.meta.dirname, "..");

/** A stack's block of settings, with its key. */
function settingsOf(stack: string): [string, Json] {
  const file = readFileSync(path.join(projectDir, `Pulumi.${stack}.yaml`), "utf8");
  const { config } = parse(file);
  const key = Object.keys(config).find((name) => typeof config[name] === "object") ?? "";
  return [key, config[key]];
}

interface Life {
  /** Addresses of the file that clients use; left out: the cloud gives them. */
  readonly addresses?: readonly string[];
  /** Namespaces that others have made. */
  readonly namespaces?: readonly string[];
  /** What somebody changes in the settings, and all that it does. */
  change(settings: Json): void;
  readonly changes: RegExp;
  /** What somebody changes behind the program's back. */
  readonly drift: readonly [type: string, path: string, value: number];
  /** Addresses are protected: the first destroy is refused. */
  readonly protects?: boolean;
}

const RECORD = ["DnsRecord", "ttl", 3600] as const;
const aks: Life = {
  protects: true,
  change: (settings) => settings.ports.push({ name: "video", port: 8001, protocol: "UDP" }),
  changes: /^(update Service workload-service|(create|delete|replace|update) \w+ director-\w+)$/,
  drift: RECORD,
};

/** `debug` has its own in simulation/debug.engine.test.ts, `local` in test/e2e/local.engine.test.ts. */
const STACKS: Readonly<Record<string, Life>> = {
  staging: aks,
  prod: aks,
  "do-nyc1": {
    protects: true,
    change: (settings) => settings.ports.push({ name: "video", port: 8001, protocol: "UDP" }),
    changes: /^update Firewall /,
    drift: RECORD,
  },
  "aws-us-east-2": {
    protects: true,
    change: (settings) => settings.instance.sshSourceRanges.push("203.0.113.8/32"),
    changes: /^create SecurityGroupIngressRule /,
    drift: RECORD,
  },
  metallb: {
    // The director's own, and the router's for the WebSockets behind it.
    addresses: ["192.168.1.201", "203.0.113.7"],
    namespaces: ["homelab-services"],
    change: (settings) => {
      settings.websocket.dns.ttl = 300;
    },
    changes: /^update DnsRecord /,
    drift: RECORD,
  },
  "pi-home": {
    addresses: ["10.0.150.205"],
    change: (settings) => {
      settings.workloads[2].image = "registry.example.com/ztna/echo-server:0.2.0";
    },
    changes: /^update Deployment echo-server-deployment$/,
    drift: ["Deployment", "spec.replicas", 0],
  },
  l4: {
    addresses: ["192.168.1.210"],
    change: (settings) => settings.routes.splice(1, 1),
    changes: /^delete \w+ mysql(-\w+)?$/,
    drift: RECORD,
  },
};

const tools = await clusterTools(() => {});
let cluster: ApiServer | undefined;
before(async () => {
  if ("missing" in tools) return;
  cluster = await ApiServer.start(tools);
  await cluster.createNamespace("traefik");
});
after(() => cluster?.close());

describe("every stack's life on the real engine", { concurrency: 2 }, () => {
  for (const [name, life] of Object.entries(STACKS)) {
    // Ports of a gateway are kept by a real API server.
    const skip = name === "l4" && "missing" in tools ? tools.missing : false;
    test(name, { skip }, async () => {
      const [key, settings] = settingsOf(name);
      if (name === "l4" && cluster !== undefined) {
        const file = await cluster.adminKubeconfig();
        settings.cluster = { kubeconfig: readFileSync(file, "utf8") };
      }
      await using stack = await openWorkspace({
        ...{ stack: name, projectDir, timeoutMs: 240_000, config: { [key]: settings } },
        world: { namespaces: life.namespaces ?? [] },
      });

      // Up, after a preview in the same command.
      const up = succeeded(await stack.up("--skip-preview=false"));
      assert.deepEqual((await stack.world.read()).warnings, []);
      await assertNoOrphans(stack);
      const { endpoint, endpoints } = (await stack.outputs()) as Json;
      const all: Json[] = endpoints === undefined ? [endpoint] : Object.values(endpoints);
      const addresses = [...new Set(all.flatMap((one) => one.addresses))].toSorted();
      assert.ok(addresses.length > 0 && all.every((one) => one.ports.length > 0));
      if (life.addresses !== undefined) assert.deepEqual(addresses, life.addresses);

      // A second one changes nothing.
      assert.deepEqual(succeeded(await stack.up()).changes, { same: up.changes.create });

      // A change does what it says, and nothing else.
      life.change(settings);
      await stack.configure({ [key]: settings });
      const changed = changesOf(succeeded(await stack.up()));
      assert.ok(changed.length > 0);
      for (const line of changed) assert.match(line, life.changes);

      // Drift is seen by a refresh and taken back.
      const [type, property, value] = life.drift;
      const [drifted] = await stack.world.find(type);
      await stack.world.change(type, property, value, drifted?.id);
      const back = changesOf(succeeded(await stack.up("--refresh")));
      assert.equal(back.length, 1, back.join());
      assert.match(back[0] ?? "", new RegExp(`^update ${type} `));

      // Addresses stand in the way of a mistake, and nothing of it is left in the end.
      if (life.protects) {
        assert.match((await stack.destroy()).terminal, /protected/);
        await stack.unprotect();
      }
      succeeded(await stack.destroy());
      assert.deepEqual((await stack.world.read()).objects, []);
    });
  }
});
