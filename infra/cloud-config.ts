/** A program in a container on a server of one's own. */
export interface ServerServiceArgs {
  /** Name of its systemd unit. */
  readonly name: string;
  /** Image with its registry, and a tag or digest. */
  readonly image: string;
  /** Arguments in place of those of the image. */
  readonly command: readonly string[];
  /** Environment variables. No secrets: see `cloudConfig`. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What a server runs. */
export interface ServerArgs {
  readonly services: readonly ServerServiceArgs[];
  /** A certificate that the server makes for itself, at `CERTIFICATE_FOLDER` of each container. */
  readonly selfSigned?: {
    /** Name that clients connect to. */
    readonly host: string;
    readonly days: number;
  };
}

/** Where containers find `tls.crt` and `tls.key`. */
export const CERTIFICATE_FOLDER = "/etc/relay/tls";

/** What the program of each image runs as. */
const USER = 10_001;

/**
 * cloud-init text for Ubuntu 24.04: each service is a systemd unit that runs its image with podman
 * on the server's own network, without capabilities and on a read-only file system.
 *
 * Every process of a server can read this text, and so can whoever may describe the server. It
 * therefore holds no secret: the key of a certificate is made on the server and stays there.
 *
 * @see https://docs.cloud-init.io/en/latest/reference/modules.html
 */
export function cloudConfig({ services, selfSigned }: ServerArgs): string {
  const config = {
    package_update: true,
    packages: ["podman"],
    write_files: services.flatMap((service) => [
      {
        path: environmentFile(service),
        permissions: "0600",
        content: lines(
          Object.entries(service.environment).map(([key, value]) => `${key}=${value}`),
        ),
      },
      { path: `/etc/systemd/system/${service.name}.service`, content: unit(service) },
    ]),
    runcmd: [
      ...(selfSigned === undefined ? [] : certificateCommands(selfSigned)),
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "--now", ...services.map(({ name }) => `${name}.service`)],
    ],
  };
  // JSON is YAML, and nothing in it has to be quoted by hand.
  return `#cloud-config\n${JSON.stringify(config, undefined, 2)}\n`;
}

const environmentFile = ({ name }: ServerServiceArgs): string => `/etc/relay/${name}.env`;

const lines = (given: readonly string[]): string => given.map((line) => `${line}\n`).join("");

function unit(service: ServerServiceArgs): string {
  const { name, image, command } = service;
  const run = [
    ...["/usr/bin/podman", "run", "--rm", "--replace", `--name=${name}`, "--network=host"],
    ...["--read-only", "--cap-drop=all", "--security-opt=no-new-privileges", `--user=${USER}`],
    ...[`--env-file=${environmentFile(service)}`],
    ...[`--volume=${CERTIFICATE_FOLDER}:${CERTIFICATE_FOLDER}:ro`, image, ...command],
  ];
  return lines([
    "[Unit]",
    `Description=${name}`,
    "After=network-online.target",
    "Wants=network-online.target",
    "",
    "[Service]",
    `ExecStartPre=/usr/bin/install -d ${CERTIFICATE_FOLDER}`,
    `ExecStart=${run.map(systemdWord).join(" ")}`,
    `ExecStop=/usr/bin/podman stop --time=30 ${name}`,
    "Restart=always",
    "RestartSec=2",
    "",
    "[Install]",
    "WantedBy=multi-user.target",
  ]);
}

/**
 * A word of a command as systemd reads it: `%` and `$` would be replaced.
 *
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#Command%20lines
 */
export function systemdWord(word: string): string {
  const plain = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w@%+=:,./$-]+$/.test(plain)
    ? plain
    : `"${plain.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

function certificateCommands({ host, days }: NonNullable<ServerArgs["selfSigned"]>): string[][] {
  const [key, certificate] = ["tls.key", "tls.crt"].map((file) => `${CERTIFICATE_FOLDER}/${file}`);
  return [
    ["install", "-d", CERTIFICATE_FOLDER],
    [
      ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
      ...["-nodes", "-days", String(days), "-subj", `/CN=${host}`],
      ...["-addext", `subjectAltName=DNS:${host}`],
      ...["-keyout", key ?? "", "-out", certificate ?? ""],
    ],
    ["chown", "-R", `${USER}:${USER}`, CERTIFICATE_FOLDER],
    ["chmod", "0400", key ?? ""],
  ];
}
