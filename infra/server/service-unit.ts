import { CERTIFICATE_FOLDER } from "./certificate.ts";
import { SCRIPTS } from "./scripts.ts";
import type { ServerServiceArgs } from "./server-args.ts";
import { lines, systemdCommand } from "./systemd.ts";

/** Who a program runs as. */
interface User {
  readonly name: string;
  readonly id: number;
}

const environmentFile = ({ name }: ServerServiceArgs): string => `/etc/relay/${name}.env`;
const binaryFile = ({ name }: ServerServiceArgs): string => `/opt/relay/${name}`;

/** The service's environment variables, as podman or systemd reads them. */
export function serviceEnvironment(service: ServerServiceArgs) {
  // podman takes a value as it stands, systemd as a shell does.
  const value = (text: string) =>
    service.binary === undefined ? text : `"${text.replaceAll(/[\\"$`]/g, "\\$&")}"`;
  const variables = Object.entries(service.environment);
  return {
    path: environmentFile(service),
    content: lines(variables.map(([key, text]) => `${key}=${value(text)}`)),
  };
}

/** The systemd unit of a service. It never gives up: a relay that is down for long comes back. */
export function serviceUnit(service: ServerServiceArgs, user: User): string {
  return lines([
    "[Unit]",
    `Description=${service.name}`,
    "After=network-online.target",
    "Wants=network-online.target",
    "StartLimitIntervalSec=0",
    "",
    "[Service]",
    `ExecStartPre=+/usr/bin/install -d ${CERTIFICATE_FOLDER}`,
    ...(service.binary === undefined ? container(service, user) : program(service, user)),
    "Restart=always",
    "RestartSec=2",
    "",
    "[Install]",
    "WantedBy=multi-user.target",
  ]);
}

function container(service: ServerServiceArgs, { id }: User): string[] {
  const { name, image = "", command } = service;
  const run = [
    ...["/usr/bin/podman", "run", "--rm", "--replace", `--name=${name}`, "--network=host"],
    ...["--read-only", "--cap-drop=all", "--security-opt=no-new-privileges", `--user=${id}`],
    // Lines go to the unit's own journal, once.
    "--log-driver=passthrough",
    ...[`--env-file=${environmentFile(service)}`],
    ...[`--volume=${CERTIFICATE_FOLDER}:${CERTIFICATE_FOLDER}:ro`, image, ...command],
  ];
  return [`ExecStart=${systemdCommand(run)}`, `ExecStop=/usr/bin/podman stop --time=30 ${name}`];
}

function program(service: ServerServiceArgs, { name }: User): string[] {
  const { url = "", sha256 = "" } = service.binary ?? {};
  const file = binaryFile(service);
  return [
    // With root's rights, as the program has none to write its own file.
    `ExecStartPre=+${systemdCommand([`${SCRIPTS}/fetch`, url, sha256, file])}`,
    `ExecStart=${systemdCommand([file, ...service.command])}`,
    `EnvironmentFile=${environmentFile(service)}`,
    `User=${name}`,
    "CapabilityBoundingSet=",
    "NoNewPrivileges=yes",
    "PrivateDevices=yes",
    "PrivateTmp=yes",
    "ProtectHome=yes",
    "ProtectSystem=strict",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "TimeoutStartSec=300",
    "TimeoutStopSec=30",
  ];
}
