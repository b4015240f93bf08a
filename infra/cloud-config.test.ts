import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { cloudConfig } from "./cloud-config.ts";
import { systemdWord } from "./server/systemd.ts";

const RELAY = {
  name: "relay",
  image: "registry.example.com/relay:1.0",
  command: ["--listen", "0.0.0.0:4433", "--greeting", 'it is 100% "$HOME"'],
  environment: { RUST_LOG: "info" },
};
const BINARY = {
  name: "agent",
  binary: { url: "https://example.com/agent-1.0", sha256: "a".repeat(64) },
  command: ["--port", "4434"],
  environment: { GREETING: 'say "$HOME"', CERT_DIR: "/etc/relay/tls" },
};
const ACME = { host: "relay.example.com", email: "ops@example.com" };

/** The files of a cloud-config by their path, and the rest of it. */
function configOf(args: Parameters<typeof cloudConfig>[0]) {
  const text = cloudConfig(args);
  assert.match(text, /^#cloud-config\n/);
  const { write_files, ...rest } = parse(text);
  const files = new Map<string, { content: string; permissions?: string }>(
    write_files.map((file: { path: string }) => [file.path, file]),
  );
  const content = (path: string): string => {
    const found = files.get(path);
    assert.ok(found, `${path} is none of ${[...files.keys()].join(", ")}`);
    return found.content;
  };
  return {
    ...rest,
    files,
    content,
    unit: (name: string) => content(`/etc/systemd/system/${name}`),
  };
}

test("cloud-init reads the text as YAML, and gets a unit and its environment", () => {
  const { packages, files, unit, runcmd, users } = configOf({ services: [RELAY] });
  assert.deepEqual(packages, ["podman"]);
  assert.deepEqual(files.get("/etc/relay/relay.env"), {
    path: "/etc/relay/relay.env",
    permissions: "0600",
    content: "RUST_LOG=info\n",
  });
  const relay = unit("relay.service");
  assert.match(relay, /--network=host --read-only --cap-drop=all/);
  assert.match(relay, /registry\.example\.com\/relay:1\.0 --listen 0\.0\.0\.0:4433 /);
  assert.ok(relay.includes(String.raw`"it is 100%% \"$$HOME\""`));
  assert.deepEqual(runcmd.at(-1), ["systemctl", "start", "--no-block", "relay.service"]);
  assert.deepEqual(users[0], "default");
  assert.deepEqual([users[1].name, users[1].uid], ["relay", 10_001]);
});

test("a service that fails is started again for ever, and its lines are kept once, within bounds", () => {
  const { unit, content } = configOf({ services: [RELAY, BINARY] });
  for (const name of ["relay", "agent"]) {
    // systemd's own limit is five starts in ten seconds, and then none any more.
    assert.match(unit(`${name}.service`), /^StartLimitIntervalSec=0$/m);
    assert.match(unit(`${name}.service`), /^Restart=always$/m);
  }
  assert.match(unit("relay.service"), /--log-driver=passthrough/);
  assert.match(content("/etc/systemd/journald.conf.d/relay.conf"), /^SystemMaxUse=\d+M$/m);
});

test("a binary is fetched by its digest, and runs without any right", () => {
  const { unit, content, packages, files } = configOf({ services: [BINARY] });
  assert.deepEqual(packages, []);
  const agent = unit("agent.service");
  assert.match(
    agent,
    /^ExecStartPre=\+\/usr\/local\/lib\/relay\/fetch https:\/\/example\.com\/agent-1\.0 a{64} \/opt\/relay\/agent$/m,
  );
  assert.match(agent, /^ExecStart=\/opt\/relay\/agent --port 4434$/m);
  for (const line of ["User=relay", "CapabilityBoundingSet=", "ProtectSystem=strict"]) {
    assert.ok(agent.split("\n").includes(line), line);
  }
  assert.equal(
    content("/etc/relay/agent.env"),
    `${String.raw`GREETING="say \"\$HOME\""`}\nCERT_DIR="/etc/relay/tls"\n`,
  );
  assert.equal(files.get("/usr/local/lib/relay/fetch")?.permissions, "0755");
});

test("health is asked for by a timer of each service that has some", () => {
  const health = { port: 8081, path: "/readyz" };
  const { unit, runcmd, files } = configOf({ services: [{ ...RELAY, health }, BINARY] });
  assert.match(
    unit("relay-health.service"),
    /^ExecStart=\/usr\/local\/lib\/relay\/health relay\.service http:\/\/127\.0\.0\.1:8081\/readyz$/m,
  );
  assert.match(unit("relay-health.timer"), /^OnUnitInactiveSec=30$/m);
  assert.ok(runcmd.at(-1).includes("relay-health.timer"));
  assert.ok(!files.has("/etc/systemd/system/agent-health.timer"));
});

test("a certificate of an authority is asked for until it comes, and restarts what uses it", () => {
  const { unit, content, packages, runcmd } = configOf({ services: [RELAY], acme: ACME });
  assert.deepEqual(packages, ["podman", "certbot"]);
  const asking = unit("relay-certificate.service");
  assert.match(asking, /certbot certonly --standalone .*--domain relay\.example\.com/);
  assert.match(asking, /^Restart=on-failure$/m);
  assert.match(asking, /^RestartSec=900$/m);
  assert.match(
    content("/usr/local/lib/relay/deploy-certificate"),
    /restart --no-block relay\.service/,
  );
  assert.ok(runcmd.at(-1).includes("relay-certificate.service"));
});

test("words that systemd would change are quoted, others stay", () => {
  assert.equal(systemdWord("--port=4433"), "--port=4433");
  assert.equal(systemdWord("$HOME"), "$$HOME");
  assert.equal(systemdWord("a b"), '"a b"');
  assert.equal(systemdWord("back\\slash"), '"back\\\\slash"');
  assert.equal(systemdWord(""), '""');
});
