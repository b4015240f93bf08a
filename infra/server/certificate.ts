import { SCRIPTS } from "./scripts.ts";
import type { AcmeArgs, SelfSignedArgs } from "./server-args.ts";
import { lines, systemdCommand } from "./systemd.ts";

/** Where programs find `tls.crt` and `tls.key`. */
export const CERTIFICATE_FOLDER = "/etc/relay/tls";

const [KEY, CERTIFICATE] = [`${CERTIFICATE_FOLDER}/tls.key`, `${CERTIFICATE_FOLDER}/tls.crt`];

/** Commands that make a key and a certificate for a name, for the user alone. */
export function selfSignedCommands({ host, days }: SelfSignedArgs, user: string): string[][] {
  return [
    ["install", "-d", CERTIFICATE_FOLDER],
    [
      ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
      ...["-nodes", "-days", String(days), "-subj", `/CN=${host}`],
      ...["-addext", `subjectAltName=DNS:${host}`],
      ...["-keyout", KEY, "-out", CERTIFICATE],
    ],
    ["chown", "-R", `${user}:${user}`, CERTIFICATE_FOLDER],
    ["chmod", "0400", KEY],
  ];
}

/**
 * The unit that asks an authority for a certificate, once its name leads somewhere, and again a
 * quarter of an hour after a refusal: an authority counts failures. certbot's own timer renews it.
 *
 * @see https://letsencrypt.org/docs/rate-limits/#authorization-failures-per-hostname-per-account
 */
export function acmeUnit({ host, email, server }: AcmeArgs): string {
  const named = `until getent ahosts ${host} >/dev/null; do sleep 10; done`;
  const certbot = [
    ...["/usr/bin/certbot", "certonly", "--standalone", "--non-interactive", "--agree-tos"],
    ...["--keep-until-expiring", "--email", email, "--domain", host],
    ...["--deploy-hook", `${SCRIPTS}/deploy-certificate`],
    ...(server === undefined ? [] : ["--server", server]),
  ];
  return lines([
    "[Unit]",
    `Description=Certificate of ${host}`,
    "After=network-online.target",
    "Wants=network-online.target",
    "StartLimitIntervalSec=0",
    "",
    "[Service]",
    "Type=oneshot",
    "RemainAfterExit=yes",
    "TimeoutStartSec=infinity",
    `ExecStartPre=${systemdCommand(["/bin/sh", "-c", named])}`,
    `ExecStart=${systemdCommand(certbot)}`,
    "Restart=on-failure",
    "RestartSec=900",
    "",
    "[Install]",
    "WantedBy=multi-user.target",
  ]);
}

/** Puts a new certificate where programs find it, and starts them anew. Run by certbot. */
export const deployScript = (units: readonly string[], user: string): string => `#!/bin/sh
set -eu
folder="\${RELAY_TLS_FOLDER:-${CERTIFICATE_FOLDER}}"
install -d "$folder"
install -m 0444 "$RENEWED_LINEAGE/fullchain.pem" "$folder/tls.crt"
install -m 0400 -o ${user} -g ${user} "$RENEWED_LINEAGE/privkey.pem" "$folder/tls.key"
systemctl restart --no-block ${units.join(" ")}
`;
