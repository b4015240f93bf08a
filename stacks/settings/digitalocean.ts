import { z } from "zod";
import { checkDropletRelayArgs } from "../../components/digitalocean/droplet-relay-args.ts";
import { tell } from "./checked.ts";
import { checkProbes, directoryElsewhere } from "./directory.ts";
import { dns } from "./dns.ts";
import { block, expected, flag, listOf, pattern, text } from "./fields.ts";
import { ports } from "./ports.ts";
import { checkAcme, networks, server } from "./server.ts";

const NOWHERE = { ipAddress: "", region: "" };

/** Settings of a stack on one droplet of DigitalOcean. */
export const digitalOceanSettings = block({
  region: pattern(/^[a-z]{3}\d$/, 'a region such as "nyc1"'),
  /** What the droplet publishes; nothing translates port numbers. */
  ports,
  /** Left out: everybody. */
  sourceRanges: networks().exactOptional(),
  /** Tags of droplets that may connect to INTERNAL ports. */
  internalTags: listOf(text("a tag"), "tag").exactOptional(),
  /** Networks of the people who run it. Left out: no SSH. */
  sshSourceRanges: networks().exactOptional(),
  /** Identifiers or fingerprints of the account's keys. */
  sshKeys: listOf(text("an identifier or fingerprint of a key"), "key").exactOptional(),
  size: text('a size such as "s-1vcpu-1gb"').default("s-1vcpu-1gb"),
  /** What it runs; a change replaces the droplet, which keeps its address. */
  server: server.exactOptional(),
  ipv6: flag().default(false),
  backups: flag().default(false),
  vpcUuid: z.uuid({ error: expected("a VPC's identifier") }).exactOptional(),
  projectId: z.uuid({ error: expected("a project's identifier") }).exactOptional(),
  tags: z.array(text("a tag"), { error: expected("a list of tags") }).default([]),
  /** Left out: no name. */
  dns: dns.exactOptional(),
  /** An endpoint directory of the droplet, named `relay`, on a cluster elsewhere. Left out: none. */
  directory: directoryElsewhere.exactOptional(),
  /** Refuse to delete the address. */
  protect: flag().default(true),
}).superRefine((given, context) => {
  tell(context, () => checkDropletRelayArgs({ ...given, address: NOWHERE }));
  checkAcme(context, given.server, given.ports);
  checkProbes(context, given.directory, ["relay"]);
});

/** The block `udp:digitalocean`, validated, with its defaults filled in. */
export type DigitalOceanSettings = z.output<typeof digitalOceanSettings>;
