import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { debianCommand } from "../toolchain/debian.ts";
import { goTool } from "../toolchain/go-tool.ts";
import { rustTool, rustToolFile } from "../toolchain/rust-tool.ts";
import { bench, FULL, QUICK } from "../udp-director/bench/bench.ts";
import type { Peers } from "../udp-director/bench/peers.ts";
import { withSummary } from "../udp-director/bench/report.ts";
import { labMissing } from "../udp-director/src/testing/lab/lab.ts";
import { watchedObjects } from "./bench-cluster.ts";
import { Advice, main, say } from "./terminal.ts";

/**
 * `npm run bench`: every data path of the director beside routing and beside the programs of
 * others that can be had, and what it costs elsewhere, in a quarter of an hour. Writes docs/bench
 * and the README's paragraph about it. `--quick`: a few minutes, into `--out`, which has to be named
 * then. `--quilkin` builds quilkin first (8 minutes); one that has been built is measured in any
 * case. `--no-peers` leaves others out. `--netem "delay 10ms loss 1%"` does that to packets towards
 * the client, and needs `--out` as well.
 */
const QUILKIN = {
  ...{ name: "quilkin", version: "0.10.0", takes: "8 minutes" },
  // Its hash of packets has no other implementation.
  rustFlags: "-C target-feature=+aes,+sse2",
};
const OUT = path.resolve(import.meta.dirname, "../docs/bench");
const README = path.resolve(import.meta.dirname, "../README.md");
/** Without these there is no lab, or nothing to load it with. */
const NEEDED = [
  { command: "nft", package: "nftables" },
  { command: "ip", package: "iproute2" },
  { command: "cc", package: "build-essential" },
];

await main(async () => {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      quilkin: { type: "boolean", default: false },
      peers: { type: "boolean", default: true },
      netem: { type: "string" },
      out: { type: "string" },
    },
    allowNegative: true,
  });
  for (const option of ["quick", "netem"] as const) {
    if (values[option] && values.out === undefined) {
      throw new Advice(
        `--${option} does not measure what docs/bench shows: name a folder with --out`,
      );
    }
  }
  for (const wanted of NEEDED) {
    const found = await debianCommand(wanted, say);
    if ("missing" in found) throw new Advice(`no bench here: ${found.missing}`);
  }
  const missing = await labMissing();
  if (missing !== undefined) throw new Advice(`no bench here: ${missing}`);
  if (values.netem !== undefined) await tryNetem(values.netem);
  const redis = await debianCommand({ command: "redis-server" }, say);
  const report = await bench({
    scale: values.quick ? QUICK : FULL,
    peers: values.peers ? await findPeers(values.quilkin) : {},
    redis: "file" in redis ? redis.file : undefined,
    watch: values.peers ? await watchedObjects(say) : undefined,
    netem: values.netem,
    out: values.out ?? OUT,
    command: ["npm run bench", ...process.argv.slice(2)].join(" ").replace(" -", " -- -"),
    progress: say,
  });
  if (values.out === undefined) {
    writeFileSync(README, withSummary(readFileSync(README, "utf8"), report));
  }
});

/** Throws, with tc's own words, where this kernel has no netem or the setting is a wrong one. */
async function tryNetem(setting: string): Promise<void> {
  const rule = ["tc", "qdisc", "add", "dev", "lo", "root", "netem", ...setting.split(" ")];
  await promisify(execFile)("unshare", ["--net", ...rule]).catch((error: { stderr?: string }) => {
    throw new Advice(`no netem here: ${String(error.stderr ?? error).trim()}`);
  });
}

/** The programs of others that this machine has or can get. */
async function findPeers(buildQuilkin: boolean): Promise<Peers> {
  const peers: Record<string, { file: string; version: string }> = {};
  const nginx = await debianCommand({ command: "nginx" }, say);
  const stream = "/usr/lib/nginx/modules";
  const module = await debianCommand(
    {
      ...{ command: "ngx_stream_module.so", package: "libnginx-mod-stream" },
      folder: stream,
    },
    say,
  );
  if ("file" in nginx && "file" in module) {
    const { stderr } = await promisify(execFile)(nginx.file, ["-v"]);
    peers.nginx = { file: nginx.file, version: stderr.trim().replace(/.*\//, "") };
  }
  const haproxy = await debianCommand({ command: "haproxy" }, say);
  if ("file" in haproxy) {
    const { stdout } = await promisify(execFile)(haproxy.file, ["-v"]);
    peers.haproxy = {
      file: haproxy.file,
      version: /version ([\d.]+)/.exec(stdout)?.[1] ?? "unknown",
    };
  } else {
    say(`no HAProxy: ${haproxy.missing}`);
  }
  for (const found of [nginx, module]) if ("missing" in found) say(`no nginx: ${found.missing}`);
  try {
    const file = await goTool("traefik", say, { takes: "6 minutes" });
    peers.traefik = { file, version: /traefik-v([\d.]+)/.exec(file)?.[1] ?? "unknown" };
  } catch (error) {
    say(`no Traefik: ${(error as Error).message.split("\n")[0]}`);
  }
  if (buildQuilkin || existsSync(rustToolFile(QUILKIN))) {
    peers.quilkin = { file: await rustTool(QUILKIN, say), version: QUILKIN.version };
  }
  return peers;
}
