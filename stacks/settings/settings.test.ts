import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseSettings, SettingsError } from "./index.ts";

const AKS = {
  cluster: { name: "debug-aks", resourceGroup: "debug" },
  workload: { app: "cloud-debug", service: "cloud" },
  ports: [{ name: "audio", port: 8000, protocol: "UDP" }],
  dns: { zone: "example.com", name: "udp.debug" },
};

function aks(settings: unknown): Record<string, string> {
  return { "udp:platform": "aks", "udp:aks": JSON.stringify(settings) };
}

function mistakes(config: Record<string, string>): readonly string[] {
  try {
    parseSettings(config);
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return error.mistakes;
  }
  assert.fail("no mistake was found");
}

test("a local stack needs nothing but its platform", () => {
  assert.deepEqual(parseSettings({ "udp:platform": "local" }), {
    platform: "local",
    local: {
      address: "127.0.0.1",
      ports: { query: 9000, data: 7777, metrics: 9090, directory: 8080, echoA: 9101, echoB: 9102 },
      tokenTtlSeconds: 30,
      sessionTimeoutSeconds: 300,
      stateDir: ".local",
      startTimeoutSeconds: 15,
    },
  });
});

test("an AKS stack gets safe defaults", () => {
  const settings = parseSettings(aks(AKS));
  assert.equal(settings.platform, "aks");
  assert.ok(settings.platform === "aks");
  assert.equal(settings.aks.protect, true);
  assert.equal(settings.aks.dns.ttl, 60);
  assert.equal(settings.aks.workload.namespace, "default");
  assert.equal(settings.aks.director, undefined);
});

test("one error lists every mistake with its path and what to give", () => {
  const found = mistakes(
    aks({
      ...AKS,
      cluster: { resourceGroup: "debug" },
      ports: [{ name: "audio", port: 80_000, protocol: "udp" }],
      dns: { name: "udp.debug", ttl: 5 },
      protcet: false,
    }),
  );
  assert.deepEqual(found, [
    'udp:aks.cluster.name: is missing: give the AKS cluster\'s name, for example "prod-aks"',
    "udp:aks.ports[0].port: 80000 is not allowed: give a port, a whole number from 1 to 65535",
    'udp:aks.ports[0].protocol: "udp" is not allowed: give UDP or TCP',
    "udp:aks.dns.ttl: 5 is not allowed: give seconds, 60 to 86400, or 1 for automatic",
    "udp:aks.dns.zone: is missing: give the zone's name here, or its id as zoneId",
    "udp:aks.protcet: is not known: allowed here are cluster, workload, ports, dns, director, directory, protect, tags, skipAwait",
  ]);
});

test("the endpoint contract's rules are told under the setting's path", () => {
  const audio = { name: "audio", port: 8000, protocol: "UDP" };
  assert.deepEqual(mistakes(aks({ ...AKS, ports: [audio, { ...audio, name: "video" }] })), [
    'udp:aks.ports[1].port: UDP 8000 is already the port of "audio"',
  ]);
});

test("two local ports of one transport may not meet, and both are named", () => {
  const config = (ports: object) => ({
    "udp:platform": "local",
    "udp:local": JSON.stringify({ ports }),
  });
  assert.deepEqual(mistakes(config({ data: 9101 })), [
    "udp:local.ports.echoA: 9101 is not allowed: UDP 9101 is already local.ports.data",
  ]);
  // The same number on TCP and UDP is two different ports.
  parseSettings(config({ data: 9000 }));
});

test("the platform decides which settings exist", () => {
  assert.match(mistakes({})[0] ?? "", /^udp:platform: is missing: give one of local, aks, /);
  assert.match(
    mistakes({ "udp:platform": "gcp" })[0] ?? "",
    /"gcp" is not allowed: give one of local/,
  );
  assert.deepEqual(mistakes({ "udp:platform": "local", "udp:aks": "{}" }), [
    "udp:aks: is not known: allowed here are platform, local",
  ]);
  assert.match(mistakes({ "udp:platform": "aks" })[0] ?? "", /^udp:aks: is missing: give a map/);
});

test("a zone is given once, by name or by id", () => {
  const zoneId = "0123456789abcdef0123456789abcdef";
  parseSettings(aks({ ...AKS, dns: { zoneId, name: "udp" } }));
  const both = mistakes(aks({ ...AKS, dns: { zoneId, zone: "example.com", name: "udp" } }));
  assert.match(both[0] ?? "", /^udp:aks\.dns\.zone: is not allowed together with zoneId/);
  assert.match(mistakes(aks({ ...AKS, dns: { name: "udp" } }))[0] ?? "", /dns\.zone: is missing/);
});

test("mistakes in the director's configuration are told with all the others", () => {
  const found = mistakes(
    aks({
      ...AKS,
      director: { image: "udp-director:1", config: { tokenTtlSeconds: 0, qeuryPort: 1 } },
      skipAwait: "yes",
    }),
  );
  assert.match(found[0] ?? "", /^udp:aks\.director\.config\.tokenTtlSeconds: 0 is not allowed/);
  assert.match(found[1] ?? "", /^udp:aks\.director\.config\.qeuryPort: unknown key/);
  assert.equal(found[2], 'udp:aks.skipAwait: "yes" is not allowed: give true or false');
});

test("workload and director share an address, so their ports may not meet", () => {
  const ports = [{ name: "audio", port: 7777, protocol: "UDP" }];
  assert.deepEqual(mistakes(aks({ ...AKS, ports, director: { image: "udp-director:1" } })), [
    "udp:aks.ports[0].port: 7777 is not allowed: UDP 7777 of the address is the director's data port; change one of them",
  ]);
  const tcp = [{ name: "audio", port: 8000, protocol: "TCP" }];
  assert.match(
    mistakes(aks({ ...AKS, ports: tcp, director: { image: "udp-director:1" } }))[0] ?? "",
    /^udp:aks\.director: needs a PUBLIC UDP port/,
  );
});

test("what a component would refuse later is told with the other mistakes", () => {
  const found = mistakes(
    aks({ ...AKS, dns: { zone: "example.com", name: "udp..debug" }, tags: { Service: "x" } }),
  );
  assert.match(found[0] ?? "", /^udp:aks\.dns\.name: "udp\.\.debug" is not allowed/);
  assert.match(found[1] ?? "", /^udp:aks\.tags\.Service: is not allowed: the AKS cloud controller/);
  assert.equal(found.length, 2);
});

test("keys of other namespaces are not this project's business", () => {
  parseSettings({ "udp:platform": "local", "cloudflare:apiToken": "x", "pulumi:tags": "{}" });
});

test("whatever the configuration holds, the answer is settings or a list of mistakes", () => {
  const value = fc.oneof(fc.string(), fc.json());
  const config = fc.record(
    {
      "udp:platform": fc.constantFrom("aks", "local", "metallb", "digitalocean", "x"),
      "udp:aks": value,
      "udp:local": value,
      "udp:metallb": value,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(config, (given) => {
      try {
        parseSettings(given as Record<string, string>);
      } catch (error) {
        assert.ok(error instanceof SettingsError && error.mistakes.length > 0, String(error));
        assert.ok(error.mistakes.every((one) => one.startsWith("udp:")));
      }
    }),
  );
});
