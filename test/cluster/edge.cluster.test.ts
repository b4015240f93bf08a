import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { CertificateAuthority } from "../../simulation/cluster/certificates.ts";
import { run } from "../../simulation/cluster/command.ts";
import type { Json } from "../../simulation/cluster/kube-client.ts";
import { serverPackages, serversArchive } from "../../simulation/cluster/server-image.ts";
import { certManagerFiles, traefikFiles } from "../../simulation/cluster/workloads.ts";
import type { Workspace } from "../../simulation/engine/index.ts";
import { succeeded } from "../../simulation/testing/life-cycle.ts";
import { type ClusterStack, skip as noCluster, say, startClusterStack } from "./cluster-stack.ts";
import type { PortReport } from "./gateway/lan-ports.ts";
import { CLIENT_PORTS, TCP, UDP } from "./gateway/ports.ts";
import { webSocket } from "./websocket/web-socket.ts";

/**
 * The edge of a cluster with real programs: Traefik with 200 ports, databases and their own clients,
 * WebSockets across a roll-out with certificates of cert-manager's controllers; and what mistakes
 * look like there. One cluster for all of it.
 */
const skip = noCluster || ((await serverPackages(say))?.missing ?? false);
let stack: ClusterStack;
let gateway: Workspace;
let sockets: Workspace;
let folder = "";
let [l4 = "", https = "", wss = ""] = [""];
const [postgresPort, namedPostgresPort, redisPort, mariadbPort, tlsPort] = CLIENT_PORTS;

before(async () => {
  if (skip !== false) return;
  folder = await mkdtemp(path.join(tmpdir(), "edge-"));
  const [traefik, certManager] = [await traefikFiles(say), await certManagerFiles(say)];
  const program = path.join(import.meta.dirname, "servers/servers.ts");
  stack = await startClusterStack({
    images: async (images) => [
      ...traefik.archives,
      ...certManager.archives,
      await serversArchive(images, program),
    ],
  });
  [l4 = "", https = "", wss = ""] = stack.addresses;
  const addresses = [l4, https, wss];
  const certificates = await certificatesOf(["db", "alpha", "beta"]);
  const { chart: traefikChart, tag: traefikTag } = traefik;
  gateway = await stack.open("gateway", { addresses, certificates, traefikChart, traefikTag });
  sockets = await stack.open("websocket", {
    ...{ addresses, version: "1" },
    ...{ certManagerChart: certManager.chart, certManagerTag: certManager.tag },
  });
});
after(async () => {
  await sockets?.close();
  await gateway?.close();
  await stack?.close();
  if (folder !== "") await rm(folder, { recursive: true });
});

const caOf = (name: string) => path.join(folder, name);

/** Certificates of `<name>.lan.test` by an authority of the test. */
async function certificatesOf(names: readonly string[]) {
  const authority = new CertificateAuthority("openssl", folder);
  await authority.create();
  const made: Record<string, { "tls.crt": string; "tls.key": string }> = {};
  for (const name of names) {
    const host = `${name}.lan.test`;
    await authority.issue({ name, subject: `/CN=${host}`, alternativeNames: [`DNS:${host}`] });
    const [crt, key] = await Promise.all(
      ["crt", "key"].map((end) => readFile(authority.file(`${name}.${end}`), "utf8")),
    );
    made[name] = { "tls.crt": crt ?? "", "tls.key": key ?? "" };
  }
  return made;
}

/** Until something holds; half a minute at most, then its error. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + 30_000; ; await pause(500)) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > until) throw error;
    }
  }
}

/** Runs a program of this machine on the LAN and gives what it printed. */
async function onLan(...line: readonly string[]): Promise<string> {
  const [command = "", ...args] = stack.cluster.onLan(line);
  return (await run(command, args)).stdout.trim();
}

test("up makes the gateway, a route on every port and WebSockets from nothing", {
  skip,
}, async () => {
  const up = async (name: string, workspace: Workspace) => {
    const started = performance.now();
    succeeded(await workspace.up());
    console.log(`up of ${name} took ${Math.round(performance.now() - started)} ms`);
  };
  await Promise.all([up("the gateway", gateway), up("WebSockets", sockets)]);
});

test("trap 30: every port answers, and a UDP session that is silent for 10 s stays", {
  skip,
}, async () => {
  const first = TCP.from + CLIENT_PORTS.length;
  const ranges = ["--tcp", `${first}-${TCP.to}`, "--udp", `${UDP.from}-${UDP.to}`];
  const started = performance.now();
  const args = ["--host", l4, ...ranges, "--silent", "10000"];
  const report = await stack.onLan<PortReport>("gateway/lan-ports.ts", ...args);
  console.log(`asked all ports in ${Math.round(performance.now() - started)} ms`);
  const { tcp, udp, silent } = report;
  assert.equal(Object.keys(tcp).length + CLIENT_PORTS.length, 100);
  assert.equal(Object.keys(udp).length, 100);
  for (const [port, answer] of [...Object.entries(tcp), ...Object.entries(udp)]) {
    assert.match(answer, new RegExp(`^${port} \\d+$`), `port ${port}`);
  }
  // The same port of Traefik: the same session.
  assert.match(silent[0], /^\d+ \d+$/);
  assert.equal(silent[1], silent[0]);
});

test("psql works on a port of its own, and by its TLS name with a certificate", {
  skip,
}, async () => {
  const plain = `host=${l4} port=${postgresPort} user=postgres dbname=postgres`;
  const ask = () => onLan("psql", plain, "-Atc", "select 6 * 7");
  assert.equal(await eventually(ask), "42");
  const named = [
    `host=db.lan.test hostaddr=${l4} port=${namedPostgresPort} user=postgres`,
    `dbname=postgres sslmode=verify-full sslrootcert=${caOf("ca.crt")}`,
  ].join(" ");
  const encrypted = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
  assert.equal(await onLan("psql", named, "-Atc", encrypted), "t");
});

test("redis-cli sets and gets", { skip }, async () => {
  const redis = ["redis-cli", "-h", l4, "-p", `${redisPort}`];
  assert.equal(await onLan(...redis, "set", "greeting", "hello"), "OK");
  assert.equal(await onLan(...redis, "get", "greeting"), "hello");
});

test("MariaDB, whose server speaks first, answers on a port of its own", { skip }, async () => {
  const at = ["--no-defaults", "--skip-ssl", "-h", l4, "-P", `${mariadbPort}`, "-u", "root"];
  const answer = await onLan("mariadb", ...at, "-NBe", "select version(), 6 * 7");
  assert.match(answer, /MariaDB\S*\t42$/);
});

test("two TLS names on one port reach two servers with their own certificates", {
  skip,
}, async () => {
  const connect = ["openssl", "s_client", "-quiet", "-connect", `${l4}:${tlsPort}`];
  // Node.js ends a connection without TLS's own goodbye.
  const strict = ["-verify_return_error", "-ignore_unexpected_eof", "-CAfile", caOf("ca.crt")];
  const ask = (name: string) => {
    const host = `${name}.lan.test`;
    return onLan(...connect, ...strict, "-servername", host, "-verify_hostname", host);
  };
  assert.equal(await eventually(() => ask("alpha")), "this is alpha");
  assert.equal(await ask("beta"), "this is beta");
  await assert.rejects(ask("gamma"));
});

test("cert-manager's controllers issue what WebSockets need", { skip }, async () => {
  const { rootSecret, issuer } = await sockets.outputs();
  const root = await certificateOf("cert-manager", `${rootSecret}`);
  assert.equal(root.subject, "CN=pulumi-udp root");
  assert.equal(root.ca, true);
  // What clients of a private network are given.
  await writeFile(caOf("private.crt"), root.toString());
  const api = "/apis/cert-manager.io/v1/namespaces/messaging/certificaterequests";
  const { items } = await stack.cluster.admin.get(api);
  assert.equal(items.length, 2);
  for (const { spec, status } of items) {
    assert.deepEqual(spec.issuerRef, { group: "cert-manager.io", ...(issuer as object) });
    const conditions = status.conditions.map(({ type, reason }: Record<string, string>) => [
      type,
      reason,
    ]);
    assert.deepEqual(new Map(conditions).get("Ready"), "Issued");
  }
  const services = await stack.cluster.admin.get("/api/v1/namespaces/messaging/services");
  const [direct] = services.items.filter(({ spec }: Json) => spec.type === "LoadBalancer");
  assert.equal(direct.spec.sessionAffinity, "ClientIP");
  assert.equal(direct.spec.sessionAffinityConfig.clientIP.timeoutSeconds, 10_800);
  assert.deepEqual(direct.status.loadBalancer.ingress, [{ ip: wss, ipMode: "VIP" }]);
  for (const name of ["direct", "ingress"]) {
    const leaf = await certificateOf("messaging", `${name}-tls-tls`);
    assert.equal(leaf.subjectAltName, `DNS:${name}.lan.test`);
    assert.equal(leaf.checkIssued(root) && leaf.verify(root.publicKey), true, name);
  }
});

async function certificateOf(namespace: string, secret: string): Promise<X509Certificate> {
  const { data } = await stack.cluster.admin.get(
    `/api/v1/namespaces/${namespace}/secrets/${secret}`,
  );
  return new X509Certificate(Buffer.from(data["tls.crt"], "base64"));
}

test("a client that trusts another authority opens no WebSocket", { skip }, async () => {
  const stranger = { host: wss, name: "direct.lan.test", ca: caOf("ca.crt"), patience: 0 };
  await eventually(() =>
    assert.rejects(webSocket(stack, stranger), /unable to verify|self-signed certificate/),
  );
});

test("WebSockets stay open across a roll-out until their pods say goodbye, and nobody is refused", {
  skip,
}, async () => {
  const target = { ca: caOf("private.crt"), patience: 30_000 };
  const targets = [
    { ...target, host: wss, name: "direct" },
    { ...target, host: https, name: "ingress" },
  ];
  const flows = await Promise.all(
    targets.map((one) => webSocket(stack, { ...one, name: `${one.name}.lan.test` })),
  );
  try {
    const started = performance.now();
    await sockets.configure({ version: "2" });
    succeeded(await sockets.up());
    const rolledMs = performance.now() - started;
    console.log(`the roll-out took ${Math.round(rolledMs)} ms`);
    const reports = await Promise.all(flows.map((flow) => flow.report()));
    for (const report of reports) console.log(JSON.stringify(report));
    for (const [index, report] of reports.entries()) {
      const name = targets[index]?.name ?? "";
      const { fingerprint256 } = await certificateOf("messaging", `${name}-tls-tls`);
      assert.equal(report.certificate, fingerprint256);
      assert.ok(report.openMs > rolledMs, `${name}: ${report.openMs} ms, ${rolledMs} ms`);
      assert.equal(report.code, 1001, "the server said goodbye");
      // Of messages on their way when it closed: as many as the slowest answer had behind it.
      const everyMs = report.openMs / report.sent;
      const lost = report.sent - report.answered;
      assert.ok(
        lost <= 2 + report.slowestMs / everyMs,
        `${lost} lost, ${everyMs} ms apart, with ${report.slowestMs} ms for the slowest answer`,
      );
      // None waits for a timeout of anybody's; on a machine that is busy with others it took 2.3 s.
      assert.ok(report.slowestMs < 10_000, `an answer took ${report.slowestMs} ms`);
      const [pod = ""] = report.servers;
      assert.deepEqual(report.servers, [pod]);
      assert.match(pod, / 1$/);

      const { failures, servers, opened } = report.others;
      assert.deepEqual(failures, []);
      assert.ok(opened > 20, `${opened} others`);
      // By its address or its cookie a client finds its pod again, while that is there.
      assert.equal(servers[0], pod);
      assert.equal(new Set(servers).size, servers.length, `${servers}`);
      assert.match(servers.at(-1) ?? "", / 2$/);
    }
  } finally {
    for (const flow of flows) flow.close();
  }
});
