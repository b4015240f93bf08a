import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { CERTIFICATE_FOLDER, cloudConfig } from "./cloud-config.ts";

const skip = spawnSync("openssl", ["version"]).status === 0 ? false : "needs openssl";

test("the certificate's command makes a key and a certificate for the name", { skip }, (t) => {
  const { runcmd } = parse(
    cloudConfig({ services: [], selfSigned: { host: "relay.example.com", days: 30 } }),
  );
  const folder = mkdtempSync(path.join(tmpdir(), "cloud-config-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [openssl, ...words] = runcmd.find(([command]: [string]) => command === "openssl");
  const here = words.map((word: string) => word.replace(CERTIFICATE_FOLDER, folder));
  execFileSync(openssl, here, { stdio: "ignore" });
  assert.match(readFileSync(path.join(folder, "tls.key"), "utf8"), /PRIVATE KEY/);
  const shown = execFileSync(
    openssl,
    ["x509", "-noout", "-text", "-in", path.join(folder, "tls.crt")],
    { encoding: "utf8" },
  );
  assert.match(shown, /DNS:relay\.example\.com/);
  assert.match(shown, /CN ?= ?relay\.example\.com/);
});
