import type { Properties } from "../../../components/provider/index.ts";
import { existing, testRules } from "../../testing/rule-cases.ts";
import { digitalocean } from "./index.ts";
import { CLOUD, T } from "./names.ts";

const here = (type: string, id: string, inputs: Properties = {}) =>
  existing({ cloud: CLOUD, type, id, inputs });

const droplet = here(T.droplet, "3164494", { region: "nyc1" });
const address = here(T.reservedIp, "192.0.2.7", { region: "nyc1" });
const assigned = here(T.reservedIpAssignment, "a", { dropletId: 3164494, ipAddress: "192.0.2.7" });
const out = [{ protocol: "udp", portRange: "1-65535", destinationAddresses: ["0.0.0.0/0"] }];
const udp = (entryPort: number, targetPort: number) => ({
  entryProtocol: "udp",
  entryPort,
  targetProtocol: "udp",
  targetPort,
});

const reserved = (n: number) =>
  existing({ cloud: "digitalocean", type: T.reservedIp, id: `192.0.2.${n}` });

testRules(digitalocean.models, {
  "digitalocean-name-length": {
    broken: [{ inputs: { name: "x".repeat(256) }, says: /cannot be longer than 255/ }],
    fine: [{ inputs: { name: "relay" } }],
  },
  "digitalocean-firewall-rules": {
    broken: [{ inputs: { tags: ["relay"] }, says: /At least one rule/ }],
    fine: [{ inputs: { outboundRules: out } }],
  },
  "digitalocean-firewall-port-range": {
    broken: [
      {
        inputs: { inboundRules: [{ protocol: "icmp" }, { protocol: "udp" }] },
        says: /^inboundRules\[1\]\.portRange: .*required/,
      },
      { inputs: { outboundRules: [{ protocol: "tcp" }] }, says: /^outboundRules\[0\]/ },
    ],
    fine: [{ inputs: { inboundRules: [{ protocol: "icmp" }], outboundRules: out } }],
  },
  "digitalocean-firewall-egress": {
    broken: [{ inputs: { inboundRules: [{ protocol: "icmp" }] }, says: /reach nothing/ }],
    fine: [{ inputs: { outboundRules: out } }],
  },
  "digitalocean-firewall-limits": {
    broken: [
      {
        inputs: { inboundRules: Array(26).fill({}), outboundRules: Array(25).fill({}) },
        says: /50 rules, not 51/,
      },
      { inputs: { dropletIds: Array(11).fill(1) }, says: /10 droplets, not 11/ },
      { inputs: { tags: Array(6).fill("relay") }, says: /5 tags, not 6/ },
    ],
    fine: [{ inputs: { inboundRules: Array(50).fill({}), dropletIds: Array(10).fill(1) } }],
  },
  "digitalocean-firewall-tag": {
    broken: [{ inputs: { tags: ["relay"] }, says: /tag relay does not exist/ }],
    fine: [{ inputs: { tags: ["relay"] }, objects: [here(T.tag, "relay")] }, {}],
  },
  "digitalocean-reserved-ip-droplet": {
    broken: [{ inputs: { dropletId: 3164494 }, says: /could not be found/ }],
    fine: [{ inputs: { dropletId: 3164494 }, objects: [droplet] }],
  },
  "digitalocean-reserved-ip-region": {
    broken: [
      {
        inputs: { dropletId: 3164494, ipAddress: "192.0.2.8" },
        objects: [droplet, here(T.reservedIp, "192.0.2.8", { region: "fra1" })],
        says: /is in fra1, the droplet in nyc1/,
      },
    ],
    fine: [{ inputs: { dropletId: 3164494, ipAddress: "192.0.2.7" }, objects: [droplet, address] }],
  },
  "digitalocean-reserved-ip-one-a-droplet": {
    broken: [
      {
        inputs: { dropletId: 3164494, ipAddress: "192.0.2.8" },
        objects: [assigned],
        says: /already has a reserved IP/,
      },
    ],
    fine: [
      { inputs: { dropletId: 3164494, ipAddress: "192.0.2.7" }, objects: [assigned] },
      { inputs: { dropletId: 1, ipAddress: "192.0.2.8" }, objects: [assigned] },
    ],
  },
  "digitalocean-droplet-busy": {
    broken: [
      {
        seed: { delays: { "digitalocean-droplet": 30 } },
        inputs: { dropletId: 3164494, ipAddress: "192.0.2.7" },
        objects: [{ ...droplet, born: 0 }],
        says: /already has a pending event/,
      },
    ],
    fine: [
      {
        seed: { delays: { "digitalocean-droplet": 30 } },
        inputs: { dropletId: 3164494, ipAddress: "192.0.2.7" },
        objects: [droplet],
      },
    ],
  },
  "digitalocean-reserved-ip-quota": {
    broken: [{ objects: [1, 2, 3].map(reserved), says: /limit of reserved IPs/ }],
    fine: [
      { objects: [1, 2].map(reserved) },
      {
        objects: [1, 2, 3].map(reserved),
        seed: { quotas: { "digitalocean-reserved-ip-quota": 4 } },
      },
    ],
  },
  "digitalocean-lb-droplets": {
    broken: [
      { inputs: { dropletIds: Array.from({ length: 11 }, (_, n) => n) }, says: /10 droplets/ },
    ],
    fine: [
      { inputs: { dropletIds: Array.from({ length: 10 }, (_, n) => n) } },
      { inputs: { dropletTag: "edge" } },
    ],
  },
  "digitalocean-network-lb-port": {
    broken: [
      {
        inputs: { type: "REGIONAL_NETWORK", forwardingRules: [udp(1, 1), udp(2, 3)] },
        says: /entry port 2 must match target port 3/,
      },
    ],
    fine: [
      { inputs: { type: "REGIONAL_NETWORK", forwardingRules: [udp(1, 1)] } },
      { inputs: { type: "REGIONAL", forwardingRules: [udp(2, 3)] } },
    ],
  },
  "digitalocean-lb-udp": {
    broken: [
      { inputs: { forwardingRules: [{ ...udp(1, 1), targetProtocol: "tcp" }] }, says: /must be/ },
    ],
    fine: [{ inputs: { forwardingRules: [udp(1, 1)] } }],
  },
  "digitalocean-lb-health-path": {
    broken: [
      { inputs: { healthcheck: { protocol: "http", port: 80 } }, says: /path.*is required/ },
      { inputs: { healthcheck: { protocol: "tcp", port: 80, path: "/" } }, says: /not allowed/ },
    ],
    fine: [{ inputs: { healthcheck: { protocol: "tcp", port: 80 } } }, { inputs: {} }],
  },
  "digitalocean-lb-targets": {
    broken: [{ inputs: { dropletTag: "relay", dropletIds: [1] }, says: /conflicts/ }],
    fine: [{ inputs: { dropletTag: "relay" } }],
  },
});
