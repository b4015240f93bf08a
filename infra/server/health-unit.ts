import { SCRIPTS } from "./scripts.ts";
import type { ServerServiceArgs } from "./server-args.ts";
import { lines, systemdCommand } from "./systemd.ts";

/** The timer that asks for a service's health, and what it starts; none without `health`. */
export function healthUnits({ name, health }: ServerServiceArgs) {
  if (health === undefined) {
    return [];
  }
  const url = `http://127.0.0.1:${health.port}${health.path}`;
  return [
    {
      name: `${name}-health.service`,
      content: lines([
        "[Unit]",
        `Description=Health of ${name}`,
        "",
        "[Service]",
        "Type=oneshot",
        `ExecStart=${systemdCommand([`${SCRIPTS}/health`, `${name}.service`, url])}`,
      ]),
    },
    {
      name: `${name}-health.timer`,
      content: lines([
        "[Unit]",
        `Description=Ask for the health of ${name}`,
        "",
        "[Timer]",
        // An image has to be pulled first.
        "OnActiveSec=180",
        "OnUnitInactiveSec=30",
        "",
        "[Install]",
        "WantedBy=timers.target",
      ]),
    },
  ];
}
