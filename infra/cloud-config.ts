import {
  acmeUnit,
  CERTIFICATE_FOLDER,
  deployScript,
  selfSignedCommands,
} from "./server/certificate.ts";
import { healthUnits } from "./server/health-unit.ts";
import { FETCH, HEALTH, SCRIPTS } from "./server/scripts.ts";
import type { ServerArgs } from "./server/server-args.ts";
import { serviceEnvironment, serviceUnit } from "./server/service-unit.ts";
import { lines } from "./server/systemd.ts";

export type { ServerArgs, ServerServiceArgs } from "./server/server-args.ts";
export { CERTIFICATE_FOLDER };

/** What programs run as, in containers and without. */
export const USER = { name: "relay", id: 10_001 } as const;

interface WrittenFile {
  readonly path: string;
  readonly content: string;
  readonly permissions?: string;
}

/**
 * cloud-init text for Ubuntu 24.04: each service is a systemd unit, of an image that podman runs on
 * the server's own network, or of a binary that is fetched and compared with its digest; neither has
 * capabilities or a disk to write to. What answers for its health is started anew when it does not;
 * logs go to the journal, which is bounded.
 *
 * Every process of a server can read this text, and so can whoever may describe the server. It
 * therefore holds no secret: the key of a certificate is made on the server and stays there.
 *
 * @see https://docs.cloud-init.io/en/latest/reference/modules.html
 */
export function cloudConfig({ services, selfSigned, acme }: ServerArgs): string {
  const units = services.map(({ name }) => `${name}.service`);
  const files: WrittenFile[] = [
    {
      path: "/etc/systemd/journald.conf.d/relay.conf",
      content: lines(["[Journal]", "SystemMaxUse=500M"]),
    },
    ...services.flatMap((service) => [
      { ...serviceEnvironment(service), permissions: "0600" },
      unit(`${service.name}.service`, serviceUnit(service, USER)),
    ]),
    ...services.flatMap((service) =>
      healthUnits(service).map(({ name, content }) => unit(name, content)),
    ),
  ];
  if (services.some(({ binary }) => binary !== undefined)) files.push(script("fetch", FETCH));
  if (services.some(({ health }) => health !== undefined)) files.push(script("health", HEALTH));
  if (acme !== undefined) {
    files.push(script("deploy-certificate", deployScript(units, USER.name)));
    files.push(unit("relay-certificate.service", acmeUnit(acme)));
  }
  const timers = services.flatMap(({ name, health }) =>
    health === undefined ? [] : [`${name}-health.timer`],
  );
  const started = [...(acme === undefined ? [] : ["relay-certificate.service"]), ...units];
  const config = {
    package_update: true,
    packages: [
      ...(services.some(({ image }) => image !== undefined) ? ["podman"] : []),
      ...(acme === undefined ? [] : ["certbot"]),
    ],
    users: [
      "default",
      {
        ...{ name: USER.name, uid: USER.id, system: true, no_create_home: true },
        shell: "/usr/sbin/nologin",
      },
    ],
    write_files: files,
    runcmd: [
      ["systemctl", "restart", "systemd-journald"],
      ...(selfSigned === undefined ? [] : selfSignedCommands(selfSigned, USER.name)),
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", ...started, ...timers],
      // Without waiting: a certificate may take its time, until the name leads here.
      ["systemctl", "start", "--no-block", ...started, ...timers],
    ],
  };
  // JSON is YAML, and nothing in it has to be quoted by hand.
  return `#cloud-config\n${JSON.stringify(config, undefined, 2)}\n`;
}

const unit = (name: string, content: string): WrittenFile => ({
  path: `/etc/systemd/system/${name}`,
  content,
});

const script = (name: string, content: string): WrittenFile => ({
  path: `${SCRIPTS}/${name}`,
  content,
  permissions: "0755",
});
