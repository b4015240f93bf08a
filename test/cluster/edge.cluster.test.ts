import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { CertificateAuthority } from "../../simulation/cluster/certificates.ts";
import { run } from "../../simulation/cluster/command.ts";
import { serverPackages, serversArchive } from "../../simulation/cluster/server-image.ts";
import { traefikFiles } from "../../simulation/cluster/workloads.ts";
import type { Workspace } from "../../simulation/engine/index.ts";
import { succeeded } from "../../simulation/testing/life-cycle.ts";
import { type ClusterStack, skip as noCluster, say, startClusterStack } from "./cluster-stack.ts";
import type { PortReport } from "./gateway/lan-ports.ts";
import { CLIENT_PORTS, TCP, UDP } from "./gateway/ports.ts";

/**
 * The edge of a cluster with real programs: Traefik with 200 ports, databases and their own clients.
 */
const skip = noCluster || ((await serverPackages(say))?.missing ?? false);
let stack: ClusterStack;
let gateway: Workspace;
let folder = "";
let l4 = "";
const [postgresPort, namedPostgresPort, redisPort, mariadbPort, tlsPort] = CLIENT_PORTS;

before(async () => {
  if (skip !== false) return;
  folder = await mkdtemp(path.join(tmpdir(), "edge-"));
  const traefik = await traefikFiles(say);
  const program = path.join(import.meta.dirname, "servers/servers.ts");
  stack = await startClusterStack({
    images: async (images) => [...traefik.archives, await serversArchive(images, program)],
  });
  [l4 = ""] = stack.addresses;
  const certificates = await certificatesOf(["db", "alpha", "beta"]);
  const { chart: traefikChart, tag: traefikTag } = traefik;
  gateway = await stack.open("gateway", { certificates, traefikChart, traefikTag });
});
after(async () => {
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

test("up makes the gateway and a route on every port from nothing", { skip }, async () => {
  const started = performance.now();
  succeeded(await gateway.up());
  console.log(`up took ${Math.round(performance.now() - started)} ms`);
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
