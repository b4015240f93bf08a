import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { type DirectorConfigArgs, UdpDirector } from "../../components/director/index.ts";
import { clouds } from "../../components/testing/clouds.ts";
import { type Json, run } from "../../components/testing/mocks.ts";
import { ApiServer, clusterTools, GAME_SERVER_CRD } from "../../simulation/cluster/index.ts";
import { directorConfigSchema } from "../../udp-director/src/config/schema.ts";
import { KubernetesDiscovery } from "../../udp-director/src/discovery/kubernetes-discovery.ts";
import { ClusterApi } from "../../udp-director/src/kubernetes/cluster-api.ts";
import { eventually } from "../../udp-director/src/testing/cluster.ts";

/**
 * The roles that the director's component makes, on a real API server with RBAC: enough for
 * every way of discovery, and for nothing else.
 */

const tools = await clusterTools((line) => console.log(line));
const skip = "missing" in tools ? tools.missing : false;
let cluster: ApiServer;
const NAMESPACES = ["edge", "games", "lobby", "secret"];

before(async () => {
  if ("missing" in tools) return;
  cluster = await ApiServer.start(tools);
  await cluster.defineResource(GAME_SERVER_CRD);
  for (const name of NAMESPACES) await cluster.createNamespace(name);
});
after(() => cluster?.close());

const games = { group: "agones.dev", version: "v1", resource: "gameservers" };
const byService = {
  ...games,
  ...{ serviceSelectorLabel: "server", serviceTargetPortName: "game" },
};

/** Each way of discovery, and what it reads beside game servers. */
const MODES: Readonly<Record<string, { mapping: Json; reads: readonly string[] }>> = {
  "game servers": {
    mapping: { ...games, addressPath: "status.address", portName: "default" },
    reads: ["agones.dev/gameservers"],
  },
  pods: {
    mapping: {
      ...{ group: "", version: "v1", resource: "pods" },
      ...{ addressPath: "status.podIP", portName: "udp" },
    },
    reads: ["/pods"],
  },
  "cluster IPs of Services": {
    mapping: byService,
    reads: ["/services", "agones.dev/gameservers"],
  },
  "endpoints of Services": {
    mapping: { ...byService, serviceEndpoints: "endpoints" },
    reads: ["/services", "agones.dev/gameservers", "discovery.k8s.io/endpointslices"],
  },
};

/** Everything that somebody could want from a director's account. */
const RESOURCES = [
  ...["/pods", "/pods/exec", "/services", "/secrets", "/configmaps", "/endpoints", "/nodes"],
  ...["/serviceaccounts", "/serviceaccounts/token", "/events", "/namespaces"],
  ...["agones.dev/gameservers", "agones.dev/gameservers/status", "agones.dev/fleets"],
  ...["discovery.k8s.io/endpointslices", "apps/deployments", "rbac.authorization.k8s.io/roles"],
];
const READ = ["get", "list", "watch"];
const VERBS = [...READ, "create", "update", "patch", "delete", "deletecollection", "impersonate"];

/**
 * Creates what the component registers, until the test ends. `name` is that of role, binding and
 * account: the provider would draw one for each.
 */
async function grant(t: TestContext, name: string, config: DirectorConfigArgs) {
  const { resources } = await run(
    () =>
      new UdpDirector("director", { image: "example.com/director:1", config, namespace: "edge" }),
    clouds,
  );
  const ofType = (type: string) => resources.filter((one) => one.type.endsWith(`:${type}`));
  assert.equal(ofType("ClusterRole").length + ofType("ClusterRoleBinding").length, 0);
  const bindings = ofType("RoleBinding").map(({ inputs }) => inputs);
  const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces";
  for (const [index, { inputs }] of ofType("Role").entries()) {
    const binding = bindings[index] as Json;
    const { namespace } = inputs.metadata;
    assert.equal(binding.metadata.namespace, namespace);
    const [subject] = binding.subjects;
    assert.deepEqual([subject.kind, subject.namespace], ["ServiceAccount", "edge"]);
    const metadata = { ...inputs.metadata, name };
    await cluster.admin.create(`${rbac}/${namespace}/roles`, { rules: inputs.rules, metadata });
    await cluster.admin.create(`${rbac}/${namespace}/rolebindings`, {
      metadata,
      roleRef: { ...binding.roleRef, name },
      subjects: [{ ...subject, name }],
    });
    t.after(async () => {
      await cluster.admin.delete(`${rbac}/${namespace}/rolebindings/${name}`);
      await cluster.admin.delete(`${rbac}/${namespace}/roles/${name}`);
    });
  }
  const kubeconfig = await cluster.serviceAccountKubeconfig("edge", name);
  t.after(() => cluster.admin.delete(`/api/v1/namespaces/edge/serviceaccounts/${name}`));
  return { kubeconfig, user: `system:serviceaccount:edge:${name}` };
}

/** The API server's own answer: may this user do that there? Without a namespace: anywhere. */
async function may(user: string, verb: string, path: string, namespace?: string): Promise<boolean> {
  const [group, resource, subresource] = path.split("/");
  const { status } = await cluster.admin.create(
    "/apis/authorization.k8s.io/v1/subjectaccessreviews",
    {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: { user, resourceAttributes: { group, resource, subresource, verb, namespace } },
    },
  );
  return status.allowed;
}

for (const [index, [mode, { mapping, reads }]] of Object.entries(MODES).entries()) {
  test(`${mode}: the generated roles are enough, and are all`, { skip }, async (t) => {
    const config = {
      resourceQueryMapping: { one: mapping },
      discovery: { kubernetes: { namespaces: ["games", "lobby"] } },
    };
    const { kubeconfig, user } = await grant(t, `director-${index}`, config);
    const expected = ["games", "lobby"].flatMap((namespace) =>
      reads.flatMap((path) => READ.map((verb) => `${namespace} ${path} ${verb}`)),
    );
    // The API server learns of new roles a moment later.
    const granted = () =>
      Promise.all(
        expected.map((one) => {
          const [namespace, path = "", verb = ""] = one.split(" ");
          return may(user, verb, path, namespace);
        }),
      );
    await eventually("the roles are enough", async () => (await granted()).every(Boolean), true);
    const { resourceQueryMapping: mappings } = directorConfigSchema.parse(config);
    const problems: string[] = [];
    const discovery = new KubernetesDiscovery(
      { namespaces: ["games", "lobby"], resyncSeconds: 600 },
      {
        api: new ClusterApi(kubeconfig),
        mappings,
        report: {
          info: () => undefined,
          problem: (_kind, message) => void problems.push(message),
          apiRequest: () => undefined,
        },
        now: () => performance.now(),
        random: Math.random,
      },
    );
    t.after(() => discovery.close());
    await discovery.start();
    assert.deepEqual(problems, []);
    await discovery.whenReady;

    const allowed: string[] = [];
    for (const namespace of [...NAMESPACES, undefined]) {
      for (const path of RESOURCES) {
        for (const verb of VERBS) {
          if (await may(user, verb, path, namespace)) allowed.push(`${namespace} ${path} ${verb}`);
        }
      }
    }
    assert.deepEqual(allowed.sort(), expected.sort());
  });
}
