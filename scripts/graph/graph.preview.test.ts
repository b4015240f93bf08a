import assert from "node:assert/strict";
import { test } from "node:test";
import { stackResources } from "../stack-preview.ts";
import { graphOf } from "./model.ts";
import { svg } from "./svg.ts";
import { readPicture } from "./testing/picture.ts";

/** `from > to: ports`, with labels instead of URNs. */
async function waysOf(stack: string): Promise<readonly string[]> {
  const { parts, ways } = graphOf(await stackResources(stack));
  const label = (id: string) => parts.find((part) => part.id === id)?.label;
  return ways
    .map(({ from, to, ports }) => `${label(from)} > ${label(to)}: ${ports.join(", ")}`)
    .toSorted();
}

test("the picture of a stack has all of its parts and ways", async () => {
  const graph = graphOf(await stackResources("metallb"));
  const { nodes, edges } = readPicture(await svg("metallb", graph));
  const labels = ["clients", ...graph.parts.map(({ label }) => label)];
  assert.deepEqual(nodes.map(({ text }) => text).toSorted(), labels.toSorted());
  assert.ok(edges > graph.ways.length, "the clients' own as well");
});

test("debug: one address, two load balancers, a director that leads to the workload", async () => {
  const workload = "pods app-name=cloud-debug, service-name=cloud";
  assert.deepEqual(await waysOf("debug"), [
    "address udp-ip > load balancer director-service: TCP 9000, UDP 7777",
    "address udp-ip > load balancer workload-service: UDP 8000",
    "load balancer director-service > pods director-deployment: TCP 9000, UDP 7777",
    `load balancer workload-service > ${workload}: UDP 8000`,
    `pods director-deployment > ${workload}: `,
    "udp.debug.augmentos.cloud, DNS only > address udp-ip: ",
  ]);
});

test("aws-us-east-2: tasks behind both addresses, and an instance with its own", async () => {
  const instance = "instance instance-instance, t3.micro";
  assert.deepEqual(await waysOf("aws-us-east-2"), [
    ...["controller", "relay"].flatMap((client) =>
      ["http-app", "quakekube"].map(
        (backend) => `2 tasks ${client}-service > 1 task ${backend}-service: `,
      ),
    ),
    "address edge-ip-1 > load balancer edge-lb: UDP 4434, UDP 4433",
    "address edge-ip-2 > load balancer edge-lb: UDP 4434, UDP 4433",
    `address instance-ip-1 > ${instance}: `,
    "intermediate-us-east-2.example.com, DNS only > address instance-ip-1: ",
    "load balancer edge-lb > 2 tasks controller-service: ",
    "load balancer edge-lb > 2 tasks relay-service: ",
    "relay-us-east-2.example.com, DNS only > address edge-ip-1: ",
    "relay-us-east-2.example.com, DNS only > address edge-ip-2: ",
  ]);
});
