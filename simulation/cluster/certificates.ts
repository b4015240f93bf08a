import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A certificate to be made: signed by the authority of its folder. */
export interface CertificateRequest {
  /** Base name of its files. */
  readonly name: string;
  /** In OpenSSL's form, such as `/O=system:masters/CN=admin`. */
  readonly subject: string;
  /** Such as `IP:127.0.0.1`. */
  readonly alternativeNames?: readonly string[];
}

/** A certificate authority of one folder, good for a day. Its files go with the folder. */
export class CertificateAuthority {
  readonly #openssl: string;
  readonly #folder: string;

  constructor(openssl: string, folder: string) {
    this.#openssl = openssl;
    this.#folder = folder;
  }

  file(name: string): string {
    return path.join(this.#folder, name);
  }

  /** Makes `ca.crt` and `ca.key`. Call once, first. */
  async create(): Promise<void> {
    await this.#key("ca");
    const subject = ["-subj", "/CN=test authority", "-days", "1"];
    await this.#run("req", "-x509", "-new", "-key", this.file("ca.key"), ...subject, [
      "-out",
      this.file("ca.crt"),
    ]);
  }

  /** Makes `<name>.crt` and `<name>.key`. */
  async issue({ name, subject, alternativeNames = [] }: CertificateRequest): Promise<void> {
    await this.#key(name);
    const extensions = ["extendedKeyUsage=serverAuth,clientAuth"];
    if (alternativeNames.length > 0) {
      extensions.push(`subjectAltName=${alternativeNames.join(",")}`);
    }
    await writeFile(this.file(`${name}.ext`), `${extensions.join("\n")}\n`);
    const [key, csr, crt] = ["key", "csr", "crt"].map((end) => this.file(`${name}.${end}`));
    await this.#run("req", "-new", "-key", `${key}`, "-subj", subject, ["-out", `${csr}`]);
    const by = ["-CA", this.file("ca.crt"), "-CAkey", this.file("ca.key"), "-CAcreateserial"];
    await this.#run("x509", "-req", "-in", `${csr}`, ...by, "-days", "1", [
      ...["-extfile", this.file(`${name}.ext`), "-out", `${crt}`],
    ]);
  }

  async #key(name: string): Promise<void> {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = privateKey.export({ type: "pkcs8", format: "pem" });
    await writeFile(this.file(`${name}.key`), pem, { mode: 0o600 });
  }

  async #run(...args: (string | string[])[]): Promise<void> {
    await run(this.#openssl, args.flat());
  }
}
