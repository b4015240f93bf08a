import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { promisify } from "node:util";

/** Test support: certificates that openssl makes. */

const run = promisify(execFile);

/** Why there are none; false where there are. */
export const noOpenssl = spawnSync("openssl", ["version"]).error
  ? "no openssl to make certificates"
  : false;

/** A new authority with a server's and a client's certificate, made by openssl. */
export async function certificates(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), "udp-director-certificates-"));
  t.after(() => rm(dir, { recursive: true }));
  const openssl = (...args: string[]) => run("openssl", args, { cwd: dir });
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const days = ["-days", "2"];
  await openssl(
    "req",
    "-x509",
    ...ec,
    "-keyout",
    "ca.key",
    "-out",
    "ca.crt",
    "-subj",
    "/CN=ca",
    ...days,
  );
  for (const name of ["server", "client"]) {
    await openssl(
      "req",
      ...ec,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.csr`,
      "-subj",
      `/CN=${name}`,
    );
    await writeFile(join(dir, "ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    const signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "ext"];
    await openssl("x509", "-req", "-in", `${name}.csr`, "-out", `${name}.crt`, ...signed, ...days);
  }
  const file = (name: string) => join(dir, name);
  const text = (name: string) => readFile(file(name), "utf8");
  return {
    files: { certFile: file("server.crt"), keyFile: file("server.key") },
    clientCaFile: file("ca.crt"),
    ca: await text("ca.crt"),
    client: { cert: await text("client.crt"), key: await text("client.key") },
    file,
  };
}
