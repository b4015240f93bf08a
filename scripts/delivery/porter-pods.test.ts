import assert from "node:assert/strict";
import { test } from "node:test";
import { wantedOf } from "./commands/porter-pods.ts";
import { checkPods, type Pod } from "./porter-pods.ts";

const wanted = wantedOf("debug");
const LABELS = { "porter.run/app-name": "cloud-debug", "porter.run/service-name": "cloud" };

function pod(
  name: string,
  labels: object = {},
  rest: { ready?: string; gone?: boolean } = {},
): Pod {
  return {
    metadata: {
      name,
      labels: { ...LABELS, ...labels },
      ...(rest.gone ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    },
    spec: { containers: [{ ports: [{ containerPort: 8000, protocol: "UDP" }] }] },
    status: { conditions: [{ type: "Ready", status: rest.ready ?? "True" }] },
  };
}

test("the labels of the stack's file are those of spec/000", () => {
  assert.deepEqual(wanted, {
    selector: LABELS,
    namespace: "default",
    ports: [{ port: 8000, protocol: "UDP" }],
  });
  assert.throws(() => wantedOf("l4"), /l4 is on traefik/);
});

test("ready pods are found, and those that end are not counted", () => {
  const found = checkPods(wanted, [pod("b"), pod("a"), pod("old", {}, { gone: true })]);
  assert.deepEqual(found, { ready: ["a", "b"], problems: [], warnings: [] });
});

test("no pod: what is there is named", () => {
  const { problems } = checkPods(wanted, [pod("x", { "porter.run/service-name": "web" })]);
  assert.equal(problems.length, 1);
  assert.match(
    problems[0] ?? "",
    /no pod in namespace default has the labels porter\.run\/app-name/,
  );
  assert.match(problems[0] ?? "", /services are cloud-debug web: set workload\.app/);
  const [none] = checkPods(wanted, []).problems;
  assert.match(none ?? "", /deploy the application first, or set workload\.namespace/);
});

test("pods that are not ready, or of two deployment targets, are refused", () => {
  assert.match(checkPods(wanted, [pod("a", {}, { ready: "False" })]).problems[0] ?? "", /is ready/);
  const target = (id: string) => ({ "porter.run/deployment-target-id": id });
  const two = [pod("a", target("main")), pod("b", target("preview-7"))];
  assert.match(
    checkPods(wanted, two).problems[0] ?? "",
    /several deployment targets \(main, preview-7\).*workload\.deploymentTargetId/,
  );
  const selector = { ...wanted.selector, ...target("main") };
  assert.deepEqual(checkPods({ ...wanted, selector }, two).ready, ["a"]);
});

test("a port that nobody declares is a warning", () => {
  const { warnings, problems } = checkPods(
    { ...wanted, ports: [{ port: 8000, protocol: "TCP" }] },
    [pod("a")],
  );
  assert.deepEqual([warnings, problems], [["no container of these pods declares TCP 8000"], []]);
});
