import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { answer } from "./answers.ts";
import { recipes } from "./platforms.ts";
import { readPorts } from "./port-list.ts";
import { stackFile } from "./stack-file.ts";

const script = path.resolve(import.meta.dirname, "../new-stack.ts");

test("ports are read with and without names, in either case, and each wrong one is told", () => {
  assert.deepEqual(readPorts("audio=8000/udp, 4433/TCP"), {
    ports: [
      { name: "audio", port: 8000, protocol: "UDP" },
      { name: "tcp-4433", port: 4433, protocol: "TCP" },
    ],
    mistakes: [],
  });
  const { ports, mistakes } = readPorts("8000, 0/udp, 65536/udp, A_b=1/udp, 1/udp");
  assert.deepEqual(ports, [{ name: "udp-1", port: 1, protocol: "UDP" }]);
  assert.equal(mistakes.length, 4);
});

test("what no flag says is asked for, and nothing is answered with what is usual", async () => {
  const asked: string[] = [];
  const said: Record<string, string> = { Platform: "aks", "Porter service": "cloud" };
  const answered = await answer({ name: "demo", ports: "8000/udp", zone: "example.com" }, (one) => {
    asked.push(one);
    const known = Object.keys(said).find((start) => one.startsWith(start));
    return Promise.resolve((known && said[known]) ?? "");
  });
  assert.ok("answers" in answered);
  assert.deepEqual(answered.mistakes, []);
  assert.deepEqual(answered.answers, {
    ...{ name: "demo", ports: "8000/udp", zone: "example.com", "dns-name": "demo" },
    ...{ cluster: "demo-aks", "resource-group": "demo", app: "demo", service: "cloud" },
  });
  assert.deepEqual(asked.slice(0, 3), [
    "Platform (local, aks, metallb, digitalocean, aws, traefik, cilium): ",
    "Name within the zone [demo]: ",
    "AKS cluster [demo-aks]: ",
  ]);
});

test("without a zone no name is asked for, and a name alone is told by the settings", async () => {
  const asked: string[] = [];
  const given = { platform: "digitalocean", name: "demo", ports: "1/udp" };
  const answered = await answer(given, (one) => {
    asked.push(one);
    return Promise.resolve("");
  });
  assert.ok("answers" in answered);
  assert.deepEqual([answered.mistakes, answered.answers.zone], [[], undefined]);
  assert.deepEqual(asked, ["Region [nyc1]: ", "Cloudflare zone, nothing for no name: "]);
});

test("ports that the stack's program could not serve are refused", async () => {
  for (const [platform, ports, refusal] of [
    ["local", "7777/tcp", /--ports: give one UDP port/],
    ["metallb", "443/tcp,444/tcp", /--ports: give one TCP port at most/],
    ["aws", " , ", /--ports: give one port at least/],
  ] as const) {
    const answered = await answer({ platform, name: "demo", ports }, undefined);
    const settings =
      "recipe" in answered && answered.mistakes.length === 0
        ? stackFile(platform, answered.recipe, answered.answers, answered.ports)
        : answered;
    assert.match((settings.mistakes ?? []).join("\n"), refusal);
  }
});

test("wrong flags are all told at once, and nothing is written", () => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [
    script,
    ...["--platform", "aws", "--name", "D", "--ports", "9/x,99999/udp", "--app", "x"],
    ...["--colour", "red", "--zone", "bad"],
  ]);
  assert.deepEqual([status, stdout.toString()], [1, ""]);
  const lines = stderr.toString().trim().split("\n");
  assert.equal(lines[0], "error: 7 mistakes, nothing is written:");
  for (const flag of ["--colour", "red", "--app", "--name", "--zone", "--ports", "--ports"]) {
    assert.ok(
      lines.some((line) => line.startsWith(`  ${flag}: `)),
      flag,
    );
  }
});

test("what the settings refuse is told by their words", async () => {
  const recipe = recipes.digitalocean;
  assert.ok(recipe);
  const { ports } = readPorts("a=1/udp,a=2/udp");
  const { mistakes } = stackFile("digitalocean", recipe, { region: "New York" }, ports);
  const all = mistakes?.join("\n") ?? "";
  assert.match(all, /udp:digitalocean\.region: "New York" is not allowed/);
  assert.match(all, /udp:digitalocean\.ports\[1\]\.name: /);
});
