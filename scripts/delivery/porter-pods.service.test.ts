import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { ApiServer, clusterTools } from "../../simulation/cluster/index.ts";

/** The step after `porter apply`, against a real API server and with the rights of its account. */
const script = path.resolve(import.meta.dirname, "../deliver.ts");
const PODS = "/api/v1/namespaces/default/pods";
const tools = await clusterTools((line) => console.log(line));
const skip = "missing" in tools ? tools.missing : false;
let cluster: ApiServer;
let kubeconfig: string;

before(async () => {
  if ("missing" in tools) return;
  cluster = await ApiServer.start(tools);
  kubeconfig = await cluster.serviceAccountKubeconfig("default", "deployer");
});
after(() => cluster?.close());

const check = (): Promise<{ code: number; text: string }> =>
  promisify(execFile)(process.execPath, [
    ...[script, "porter-pods", "--stack", "debug", "--kubeconfig", kubeconfig],
  ]).then(
    ({ stderr }) => ({ code: 0, text: stderr }),
    (error: { code: number; stderr: string }) => ({ code: error.code, text: error.stderr }),
  );

/** A pod as Porter labels it, running as far as its status says. */
async function deploy(name: string, service: string, target: string): Promise<void> {
  const labels = {
    "porter.run/app-name": "cloud-debug",
    "porter.run/service-name": service,
    "porter.run/deployment-target-id": target,
  };
  const ports = [{ containerPort: 8000, protocol: "UDP" }];
  await cluster.admin.create(PODS, {
    metadata: { name, labels },
    spec: { containers: [{ name: "cloud", image: "cloud:1", ports }] },
  });
}
const ready = (name: string) =>
  cluster.admin.merge(`${PODS}/${name}/status`, {
    status: { conditions: [{ type: "Ready", status: "True" }] },
  });

test("an account that may not list pods is told so", { skip }, async () => {
  const { code, text } = await check();
  assert.equal(code, 1);
  assert.match(text, /403|forbidden/i);
});

test("from no pod to ready ones, and to a second deployment target", { skip }, async () => {
  const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
  await cluster.admin.create(`${rbac}/roles`, {
    metadata: { name: "pods" },
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }],
  });
  await cluster.admin.create(`${rbac}/rolebindings`, {
    metadata: { name: "pods" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "pods" },
    subjects: [{ kind: "ServiceAccount", name: "deployer", namespace: "default" }],
  });
  // The authorizer learns of it through a watch of its own.
  let first = await check();
  for (let left = 20; left > 0 && /403|forbidden/i.test(first.text); left--) first = await check();
  assert.equal(first.code, 1);
  assert.match(first.text, /no pod in namespace default .*deploy the application first/);

  await deploy("web-1", "web", "main");
  assert.match((await check()).text, /its applications and services are cloud-debug web/);
  await deploy("cloud-1", "cloud", "main");
  assert.match((await check()).text, /none of the 1 pods .* is ready/);
  await ready("cloud-1");
  assert.deepEqual(await check(), { code: 0, text: "· packets go to 1 ready pods: cloud-1\n" });

  await deploy("cloud-2", "cloud", "preview-7");
  const shared = await check();
  assert.equal(shared.code, 1);
  assert.match(shared.text, /several deployment targets \(main, preview-7\)/);
  await cluster.admin.delete(`${PODS}/cloud-2`);
  assert.equal((await check()).code, 0);
});
