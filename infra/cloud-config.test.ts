import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { cloudConfig, systemdWord } from "./cloud-config.ts";

const RELAY = {
  name: "relay",
  image: "registry.example.com/relay:1.0",
  command: ["--listen", "0.0.0.0:4433", "--greeting", 'it is 100% "$HOME"'],
  environment: { RUST_LOG: "info" },
};

test("cloud-init reads the text as YAML, and gets a unit and its environment", () => {
  const text = cloudConfig({ services: [RELAY] });
  assert.match(text, /^#cloud-config\n/);
  const { write_files, runcmd, packages } = parse(text);
  assert.deepEqual(packages, ["podman"]);
  const [environment, unit] = write_files;
  assert.deepEqual(environment, {
    path: "/etc/relay/relay.env",
    permissions: "0600",
    content: "RUST_LOG=info\n",
  });
  assert.equal(unit.path, "/etc/systemd/system/relay.service");
  assert.match(unit.content, /--network=host --read-only --cap-drop=all/);
  assert.match(unit.content, /registry\.example\.com\/relay:1\.0 --listen 0\.0\.0\.0:4433 /);
  assert.ok(unit.content.includes(String.raw`"it is 100%% \"$$HOME\""`));
  assert.deepEqual(runcmd.at(-1), ["systemctl", "enable", "--now", "relay.service"]);
});

test("words that systemd would change are quoted, others stay", () => {
  assert.equal(systemdWord("--port=4433"), "--port=4433");
  assert.equal(systemdWord("$HOME"), "$$HOME");
  assert.equal(systemdWord("a b"), '"a b"');
  assert.equal(systemdWord("back\\slash"), '"back\\\\slash"');
  assert.equal(systemdWord(""), '""');
});
