import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { isUnknown } from "../components/provider/index.ts";
import { type Json, previewed, refusal, wellParented } from "./testing/previewed.ts";

const opened = (firewall: { readonly given: Json }) =>
  firewall.given.inboundRules.map(
    ({ protocol, portRange, sourceAddresses }: Json) =>
      `${protocol} ${portRange} ${sourceAddresses.join(" ")}`,
  );

test("do-nyc1: UDP 4433 and 4434 for everybody, SSH for the administrators alone", async () => {
  const stack = await previewed("do-nyc1");
  assert.deepEqual(opened(stack.one("Firewall")), [
    "udp 4433 0.0.0.0/0 ::/0",
    "udp 4434 0.0.0.0/0 ::/0",
    "tcp 22 203.0.113.7/32",
  ]);
  wellParented(stack);
});

test("do-nyc1: the droplet of the document, behind its firewall, on an address that stays", async () => {
  const { one, outputs } = await previewed("do-nyc1");
  const droplet = one("Droplet");
  assert.deepEqual([droplet.given.image, droplet.given.size], ["ubuntu-24-04-x64", "s-1vcpu-1gb"]);
  assert.deepEqual(droplet.given.sshKeys, ["3b:16:bf:e4:8b:00:8b:b8:59:8c:a9:d3:f0:19:45:fa"]);
  assert.ok(droplet.dependencies.includes(one("Firewall").urn));
  const ip = one("ReservedIp");
  assert.equal(ip.protect, true);
  assert.equal(ip.given.region, "nyc1");
  const record = one("DnsRecord");
  assert.deepEqual([record.given.name, record.given.proxied], ["relay-nyc1.example.com", false]);
  assert.ok(isUnknown(record.given.content));
  assert.ok(record.propertyDependencies.content?.includes(ip.urn));
  assert.deepEqual(Object.keys(outputs), ["endpoint"]);
});

test("do-nyc1: what the droplet runs, and no key among it", async () => {
  const { userData } = (await previewed("do-nyc1")).one("Droplet").given;
  const { write_files, runcmd } = parse(userData);
  assert.deepEqual(
    write_files.map(({ path }: Json) => path).filter((path: string) => path.endsWith(".service")),
    [
      "/etc/systemd/system/intermediate-server.service",
      "/etc/systemd/system/app-connector.service",
      "/etc/systemd/system/http-app.service",
      "/etc/systemd/system/intermediate-server-health.service",
      "/etc/systemd/system/app-connector-health.service",
      "/etc/systemd/system/http-app-health.service",
    ],
  );
  assert.match(userData, /app-connector:0\.1\.0 --p2p-listen-port 4434/);
  const { content } = write_files.find(({ path }: Json) => path === "/etc/relay/app-connector.env");
  assert.match(content, /^INTERMEDIATE_HOST=relay-nyc1\.example\.com\nINTERMEDIATE_PORT=4433$/m);
  assert.ok(runcmd.flat().includes("/CN=relay-nyc1.example.com"));
  assert.doesNotMatch(userData, /BEGIN [A-Z ]*PRIVATE KEY/);
});

test("everything that is wrong is told at once, with its path", async () => {
  const settings = {
    region: "New York",
    ports: [{ name: "quic", port: 4433, protocol: "UDP" }],
    server: {
      services: [
        { name: "a", image: "nginx", environment: { KEY: "-----BEGIN PRIVATE KEY-----" } },
        { name: "a", image: "docker.io/library/nginx:1.29", command: ["one\ntwo"] },
      ],
    },
  };
  const message = await refusal({
    "udp:platform": "digitalocean",
    "udp:digitalocean": settings,
  });
  for (const line of [
    /^5 mistakes/,
    /udp:digitalocean\.region: "New York" is not allowed/,
    /udp:digitalocean\.server\.services\[0\]\.image: "nginx" is not allowed/,
    /udp:digitalocean\.server\.services\[0\]\.environment\.KEY: looks like a secret/,
    /udp:digitalocean\.server\.services\[1\]\.command\[0\]: /,
    /udp:digitalocean\.server\.services\[1\]\.name: "a" is not allowed: another service/,
  ]) {
    assert.match(message, line);
  }
});

test("a certificate of an authority needs a way to ask, and a binary its digest", async () => {
  const service = { name: "a", image: "docker.io/library/nginx:1.29" };
  const binary = { url: "https://user:key@example.com/a", sha256: "abc" };
  const settings = (server: object, ports: object[] = []) => ({
    "udp:platform": "digitalocean",
    "udp:digitalocean": {
      region: "nyc1",
      ports: [{ name: "quic", port: 4433, protocol: "UDP" }, ...ports],
      server,
    },
  });
  const acme = { host: "relay.example.com", email: "ops@example.com" };
  const closed = await refusal(settings({ services: [service], acme }));
  assert.match(closed, /udp:digitalocean\.server\.acme: is given, but nobody reaches TCP 80/);
  const wrong = await refusal(
    settings({
      services: [{ ...service, binary }, { name: "b" }],
      ...{ acme, selfSigned: { host: "relay.example.com" } },
    }),
  );
  for (const line of [
    /server\.services\[0\]\.binary\.url: .* without credentials/,
    /server\.services\[0\]\.binary\.sha256: "abc" is not allowed/,
    /server\.services\[1\]\.image: and binary: give exactly one/,
  ]) {
    assert.match(wrong, line);
  }
  const http = { name: "http", port: 80, protocol: "TCP" };
  const { userData } = (
    await previewed("none", settings({ services: [service], acme }, [http]))
  ).one("Droplet").given;
  assert.match(userData, /certbot/);
});

test("what the component would refuse is told as a setting", async () => {
  const message = await refusal({
    "udp:platform": "digitalocean",
    "udp:digitalocean": {
      region: "nyc1",
      ports: [{ name: "quic", port: 4433, targetPort: 4434, protocol: "UDP" }],
      sshSourceRanges: ["0.0.0.0/0"],
    },
  });
  for (const line of [
    /^3 mistakes/,
    /udp:digitalocean\.ports\[0\]\.targetPort: 4434 is not 4433/,
    /udp:digitalocean\.sshSourceRanges\[0\]: /,
    /udp:digitalocean\.sshKeys: is missing/,
  ]) {
    assert.match(message, line);
  }
});
