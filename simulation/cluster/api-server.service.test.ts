import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { ApiServer, clusterTools, GAME_SERVER_CRD, KubeError } from "./index.ts";

const tools = await clusterTools((line) => console.log(line));
const skip = "missing" in tools ? tools.missing : false;
let cluster: ApiServer;

before(async () => {
  if (!("missing" in tools)) cluster = await ApiServer.start(tools);
});
after(() => cluster?.close());

const list = "/apis/agones.dev/v1/namespaces/games/gameservers";

test("objects of a type that was defined by us are stored", { skip }, async () => {
  assert.match((await cluster.admin.get("/version")).gitVersion, /^v1\.\d+\.\d+$/);
  await cluster.createNamespace("games");
  await cluster.defineResource(GAME_SERVER_CRD);
  const made = { apiVersion: "agones.dev/v1", kind: "GameServer", metadata: { name: "one" } };
  await cluster.admin.create(list, { ...made, status: { state: "Ready" } });
  await cluster.admin.merge(`${list}/one`, { status: { state: "Allocated" } });
  const { items } = await cluster.admin.get(list);
  assert.deepEqual(
    items.map((item: { status: object }) => item.status),
    [{ state: "Allocated" }],
  );
});

test("a service account may do nothing until a role lets it", { skip }, async () => {
  const file = await cluster.serviceAccountKubeconfig("games", "reader");
  const { clusters, users } = JSON.parse(readFileSync(file, "utf8"));
  assert.equal(clusters[0].cluster.server, cluster.url);
  assert.match(users[0].user.token, /^ey/);
  const review = async () => {
    const answer = await cluster.admin.create(
      "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      {
        spec: {
          user: "system:serviceaccount:games:reader",
          resourceAttributes: { namespace: "games", verb: "list", resource: "pods" },
        },
      },
    );
    return answer.status.allowed;
  };
  assert.equal(await review(), false);
  const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/games";
  const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }];
  await cluster.admin.create(`${rbac}/roles`, { metadata: { name: "reader" }, rules });
  await cluster.admin.create(`${rbac}/rolebindings`, {
    metadata: { name: "reader" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" },
    subjects: [{ kind: "ServiceAccount", name: "reader", namespace: "games" }],
  });
  // The authorizer learns of it through a watch of its own.
  for (let left = 100; left > 0 && !(await review()); left--) {
    await new Promise((done) => setTimeout(done, 20));
  }
  assert.equal(await review(), true);
});

test("what was stored survives kill -9 of the API server", { skip }, async () => {
  await cluster.killApi();
  await assert.rejects(cluster.admin.get("/readyz"), { code: "ECONNREFUSED" });
  await cluster.startApi();
  assert.equal((await cluster.admin.get(list)).items.length, 1);
});

test("an error of the API server has its status and text", { skip }, async () => {
  await assert.rejects(cluster.admin.get(`${list}/none`), (error) => {
    return error instanceof KubeError && error.status === 404 && /not found/.test(error.message);
  });
});

test("nothing is left behind", { skip }, async () => {
  const folder = path.dirname(await cluster.adminKubeconfig());
  await cluster.close();
  assert.equal(existsSync(folder), false);
  await assert.rejects(cluster.admin.get("/readyz"), { code: /ECONNREFUSED|ENOENT/ });
});
