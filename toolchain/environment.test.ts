import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutPersonal } from "./environment.ts";

test("a person's backend, passphrase and accounts stay out, the rest passes", () => {
  assert.deepEqual(
    withoutPersonal({
      PATH: "/bin",
      HOME: "/home/x",
      HTTPS_PROXY: "http://proxy.example.com",
      PULUMI_BACKEND_URL: "s3://state",
      PULUMI_CONFIG_PASSPHRASE_FILE: "/secret",
      ARM_CLIENT_SECRET: "x",
      KUBECONFIG: "/kube",
    }),
    { PATH: "/bin", HOME: "/home/x", HTTPS_PROXY: "http://proxy.example.com" },
  );
});
