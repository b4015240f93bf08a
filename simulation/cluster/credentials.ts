import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";

/** How somebody proves who it is: files of a certificate, or a token. */
export type User =
  | { readonly certFile: string; readonly keyFile: string }
  | { readonly token: string };

/** A kubeconfig to be written. */
export interface KubeconfigRequest {
  /** File to write. */
  readonly file: string;
  readonly url: string;
  readonly caFile: string;
  readonly user: User;
}

/** Writes a kubeconfig with one context. It is YAML, of which JSON is a part. */
export async function writeKubeconfig({ file, url, caFile, user }: KubeconfigRequest) {
  const content = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server: url, "certificate-authority": caFile } }],
    users: [
      {
        name: "user",
        user:
          "token" in user
            ? user
            : { "client-certificate": user.certFile, "client-key": user.keyFile },
      },
    ],
    contexts: [{ name: "test", context: { cluster: "test", user: "user" } }],
    "current-context": "test",
  };
  await writeFile(file, JSON.stringify(content), { mode: 0o600 });
  return file;
}

/** Makes `accounts.key` and `accounts.pub`, by which tokens of service accounts are signed. */
export async function makeAccountKeys(folder: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const secret = privateKey.export({ type: "pkcs1", format: "pem" });
  await writeFile(path.join(folder, "accounts.key"), secret, { mode: 0o600 });
  const open = publicKey.export({ type: "spki", format: "pem" });
  await writeFile(path.join(folder, "accounts.pub"), open);
}
