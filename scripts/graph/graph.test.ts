import assert from "node:assert/strict";
import { test } from "node:test";
import { mermaid } from "./mermaid.ts";
import { type Drawn, graphOf } from "./model.ts";

const drawn = (name: string, type: string, inputs = {}, dependencies: string[] = []): Drawn => ({
  ...{ urn: name, type, name, parent: "stack", inputs, dependencies },
});

test("a NAT gateway's address is none that clients reach", () => {
  const { parts } = graphOf([
    drawn("nat-ip", "aws:ec2/eip:Eip"),
    drawn("ip", "aws:ec2/eip:Eip"),
    drawn("nat", "aws:ec2/natGateway:NatGateway", {}, ["nat-ip"]),
  ]);
  assert.deepEqual(
    parts.map(({ label }) => label),
    ["address ip"],
  );
});

test("a proxied name is told, and one without an address leads to the load balancer", () => {
  const service = drawn("lb", "kubernetes:core/v1:Service", {
    spec: { type: "LoadBalancer", selector: { app: "x" }, ports: [{ protocol: "UDP", port: 7 }] },
  });
  const record = { name: "a.example.com", proxied: true };
  const { parts, ways } = graphOf([
    service,
    drawn("record", "cloudflare:index/dnsRecord:DnsRecord", record, ["lb"]),
  ]);
  assert.ok(parts.some(({ label }) => label === "a.example.com, proxied"));
  assert.deepEqual(
    ways.map(({ from, to, kind, ports }) => [from, to, kind, ports.join()]),
    [
      ["lb", "pods:app=x", "packets", "UDP 7"],
      ["name:a.example.com", "lb", "name", ""],
    ],
  );
});

test("labels are quoted, and many ports are counted", () => {
  const text = mermaid({
    parts: [
      { id: "a", label: 'say "hi"', zone: "public" },
      { id: "b", label: "b", zone: "private" },
    ],
    ways: [{ from: "a", to: "b", kind: "packets", ports: ["1", "2", "3", "4", "5"] }],
  });
  assert.equal(
    text,
    [
      "flowchart LR",
      "  clients([clients])",
      '  subgraph public["public, everybody may send"]',
      '    n0["say #quot;hi#quot;"]',
      "  end",
      '  subgraph private["private, behind the load balancer"]',
      '    n1["b"]',
      "  end",
      "  clients --> n0",
      '  n0 -- "5 ports" --> n1',
      "",
    ].join("\n"),
  );
});
