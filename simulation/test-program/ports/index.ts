import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { PortAllocation, Protocol } from "pulumi-udp/traefik";

/** Routes come and go with the configuration; each has a port of its own. */
const config = new pulumi.Config();
const gateway = {
  namespace: "traefik",
  tcp: { from: 10_000, to: 10_099 },
  udp: { from: 11_000, to: 11_099 },
  reservedPorts: [11_001],
  routeClass: "",
};
const kubeconfig = readFileSync(config.require("kubeconfig"), "utf8");

export const ports = Object.fromEntries(
  config.requireObject<string[]>("routes").map((name) => [
    name,
    new PortAllocation(name, {
      gateway,
      kubeconfig,
      protocol: Protocol.Udp,
      quarantineSeconds: 0,
    }).port,
  ]),
);
