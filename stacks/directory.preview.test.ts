import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import type { Properties, Value } from "../components/provider/index.ts";
import { isSecret } from "../simulation/mini-engine/index.ts";
import { type Json, type Preview, previewed, refusal } from "./testing/previewed.ts";

const IMAGE = "registry.example.com/udp-director:0.1.0";

/** The settings of a stack's file, with a directory. */
function withDirectory(stack: string, platform: string, directory: object): Record<string, Json> {
  const text = readFileSync(new URL(`../Pulumi.${stack}.yaml`, import.meta.url), "utf8");
  const { config } = parse(text);
  const key = `udp:${platform}`;
  return { ...config, [key]: { ...config[key], directory: { image: IMAGE, ...directory } } };
}

/** The Service that publishes the directory; undefined where nothing does. */
const published = (stack: Preview): Json =>
  stack
    .all("Service")
    .find(({ given }) => given.spec?.ports?.some(({ port }: Json) => port === 8088))?.given;

for (const [stack, platform, directory, urls] of [
  ["prod", "aks", { publicPort: 8088 }, "published"],
  ["metallb", "metallb", { publicPort: 8088, address: "192.168.1.205" }, "published"],
  ["pi-home", "cilium", { publicPort: 8088 }, "published"],
  ["l4", "traefik", {}, "inside"],
  ["do-nyc1", "digitalocean", { cluster: { context: "tools" } }, "inside"],
  ["aws-us-east-2", "aws", { cluster: { context: "tools" } }, "inside"],
] as const) {
  test(`${stack}: the directory lists the stack's endpoints, ${urls}`, async () => {
    const shown = await previewed("none", withDirectory(stack, platform, directory));
    const made = shown.resources.find(({ type }) => type.endsWith(":EndpointDirectory"));
    assert.ok(made);
    const config = shown.one("ConfigMap", "directory-config");
    assert.ok("directory" in shown.outputs, "the stack tells where it is");
    const pod = shown.one("Deployment", "directory-deployment").given.spec.template.spec;
    assert.deepEqual(pod.containers[0].args, ["directory"]);
    assert.equal(published(shown) !== undefined, urls === "published");
    if ("cluster" in directory) {
      assert.match(config.provider, /::directory-cluster::/);
    }
    // What is known before anything is made, is listed by then.
    if (stack === "metallb") {
      const { endpoints } = JSON.parse(config.given.data["directory.yaml"]);
      assert.deepEqual(
        endpoints.map(({ name, addresses, health }: Json) => [name, addresses, health]),
        [
          ["director", ["192.168.1.201"], { tcp: { port: 9000 } }],
          ["websocket", ["203.0.113.7"], { tcp: { port: 443 } }],
        ],
      );
      assert.equal(shown.outputs.directory, "http://192.168.1.205:8088/v1/endpoints");
    }
  });
}

test("a token of the settings ends in a Secret, and stays one", async () => {
  const shown = await previewed("none", withDirectory("l4", "traefik", { token: "t0ken" }));
  const { stringData } = shown.one("Secret", "directory-token").inputs as Properties;
  assert.ok(isSecret(stringData as Value) || isSecret((stringData as Properties).token as Value));
});

test("probes of nobody, ports and addresses that are taken are told at once", async () => {
  const health = { nobody: { tcp: { port: 1 } } };
  for (const [stack, platform, directory, lines] of [
    [
      "debug",
      "aks",
      { publicPort: 9000, health },
      [/udp:aks\.directory\.publicPort: 9000 is not allowed/],
    ],
    [
      "metallb",
      "metallb",
      { address: "192.168.1.200" },
      [
        /udp:metallb\.directory\.address: is given, but nothing is published/,
        /udp:metallb\.directory\.address: 192\.168\.1\.200 is not allowed: websocket\.address/,
      ],
    ],
    [
      "pi-home",
      "cilium",
      { publicPort: 80, address: "10.0.150.205", health },
      [/udp:cilium\.directory\.address: 10\.0\.150\.205 is not allowed/, /health\.nobody: is no/],
    ],
    ["do-nyc1", "digitalocean", { health: { relay: {} } }, [/health\.relay: none given; expected/]],
  ] as const) {
    const message = await refusal(withDirectory(stack, platform, directory));
    for (const line of lines) assert.match(message, line);
  }
});
