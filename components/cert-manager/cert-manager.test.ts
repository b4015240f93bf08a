import assert from "node:assert/strict";
import { test } from "node:test";
import { clouds } from "../testing/clouds.ts";
import { type Json, resolved, run } from "../testing/mocks.ts";
import { refused } from "../testing/refused.ts";
import { certManagerValues } from "./cert-manager.ts";
import {
  AcmeIssuer,
  type AcmeIssuerArgs,
  AcmeServer,
  CertManager,
  PrivateCaIssuer,
  TlsCertificate,
} from "./index.ts";

const ACME: AcmeIssuerArgs = {
  namespace: "cert-manager",
  email: "ops@example.com",
  tokenSecret: { name: "cloudflare", key: "api-token" },
};
const acme = (args: Partial<AcmeIssuerArgs> = {}) =>
  run(() => new AcmeIssuer("le", { ...ACME, ...args }), clouds);

test("the release brings its definitions, and waits until its webhook answers", async () => {
  const { one, result } = await run(() => new CertManager("certs"), clouds);
  const release = one("Release").inputs;
  assert.deepEqual(
    [release.chart, release.version, release.repositoryOpts],
    ["cert-manager", "v1.21.2", { repo: "https://charts.jetstack.io" }],
  );
  const wanted = { crds: { enabled: true }, startupapicheck: { enabled: true } };
  assert.deepEqual(release.values, wanted);
  // Nobody can switch these off by chance.
  const values = { crds: { enabled: false, keep: false }, startupapicheck: { enabled: false } };
  assert.deepEqual(certManagerValues({ values }), {
    ...wanted,
    crds: { enabled: true, keep: false },
  });
  assert.equal(await resolved(result.namespace), "cert-manager");
});

test("names are proven by DNS at Cloudflare, after the release, and tried again", async () => {
  const { one, result } = await run(() => {
    const certs = new CertManager("certs");
    return new AcmeIssuer("le", { ...ACME, namespace: certs.namespace, zones: ["example.com"] });
  }, clouds);
  const issuer = one("ClusterIssuer");
  const { server, solvers, privateKeySecretRef } = issuer.inputs.spec.acme;
  assert.equal(server, AcmeServer.Production);
  assert.deepEqual(solvers, [
    {
      dns01: { cloudflare: { apiTokenSecretRef: { name: "cloudflare", key: "api-token" } } },
      selector: { dnsZones: ["example.com"] },
    },
  ]);
  assert.equal(privateKeySecretRef.name, "le-account-key");
  assert.ok(issuer.dependencies.some((urn) => urn.endsWith("::certs-release")));
  assert.deepEqual(issuer.errorHooks, ["le-acme-webhook"]);
  assert.deepEqual(await resolved(result.issuer), {
    name: "le-issuer-3d4e",
    kind: "ClusterIssuer",
  });
});

test("a token that is given is kept in a Secret of cert-manager's namespace", async () => {
  const { one } = await run(() => {
    const { tokenSecret: _, ...rest } = ACME;
    return new AcmeIssuer("le", { ...rest, cloudflareToken: "t0ken" });
  }, clouds);
  const { metadata, stringData } = one("le-token").inputs;
  assert.equal(metadata.namespace, "cert-manager");
  assert.deepEqual(stringData.value ?? stringData, { "api-token": "t0ken" });
  const [solver] = one("ClusterIssuer").inputs.spec.acme.solvers as Json[];
  assert.deepEqual(solver.dns01.cloudflare.apiTokenSecretRef, {
    name: "le-token-3d4e",
    key: "api-token",
  });
});

test("a private network has a root of its own, and an issuer that signs with it", async () => {
  const { one, result } = await run(
    () => new PrivateCaIssuer("lan", { namespace: "cert-manager", days: 365 }),
    clouds,
  );
  assert.deepEqual(one("lan-self-signed").inputs.spec, { selfSigned: {} });
  const root = one("lan-root").inputs.spec;
  assert.equal(root.isCA, true);
  assert.equal(root.duration, "8760h");
  assert.equal(root.issuerRef.name, "lan-self-signed-3d4e");
  assert.deepEqual(one("ClusterIssuer").inputs.spec, { ca: { secretName: root.secretName } });
  assert.ok(one("ClusterIssuer").dependencies.some((urn) => urn.endsWith("::lan-root")));
  assert.equal(result.rootSecret, root.secretName);
});

test("a certificate is renewed into one Secret", async () => {
  const issuer = { name: "le", kind: "ClusterIssuer" };
  const { one, result } = await run(
    () => new TlsCertificate("web", { issuer, hosts: ["a.example.com", "*.b.example.com"] }),
    clouds,
  );
  const { spec } = one("Certificate").inputs;
  assert.deepEqual(spec.dnsNames, ["a.example.com", "*.b.example.com"]);
  assert.deepEqual(spec.issuerRef, { group: "cert-manager.io", ...issuer });
  assert.equal(await resolved(result.secretName), spec.secretName);
  const certificate = (hosts: readonly string[]) =>
    run(() => new TlsCertificate("web", { issuer, hosts }), clouds);
  await refused(() => certificate([]), "hosts", /at least one/);
  await refused(() => certificate(["A.example.com"]), "hosts[0]", /small letters/);
});

test("what does not go together is refused", async () => {
  await refused(() => acme({ email: "ops" }), "email", /not an address/);
  await refused(() => acme({ cloudflareToken: "t" }), "cloudflareToken", /exactly one/);
  await refused(() => acme({ server: "http://ca" }), "server", /https/);
  const ca = (more: object) =>
    run(() => new PrivateCaIssuer("lan", { namespace: "cert-manager", ...more }), clouds);
  await refused(() => ca({ days: 0 }), "days", /1 to 7300/);
  await refused(() => ca({ commonName: "" }), "commonName", /1 to 64/);
});
