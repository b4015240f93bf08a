import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { debianCommand } from "../toolchain/debian.ts";
import { goTool } from "../toolchain/go-tool.ts";
import { rustTool, rustToolFile } from "../toolchain/rust-tool.ts";
import { bench, FULL, QUICK } from "../udp-director/bench/bench.ts";
import type { Peers } from "../udp-director/bench/paths.ts";
import { labMissing } from "../udp-director/src/testing/lab/lab.ts";
import { Advice, main, say } from "./terminal.ts";

/**
 * `npm run bench`: every data path of the director beside routing and beside the programs of
 * others that can be had, and what it costs elsewhere. Writes docs/bench. `--quick`: a few
 * minutes, into `--out`, which has to be named then. `--quilkin` builds quilkin first (8 minutes);
 * one that has been built is measured in any case. `--no-peers` leaves others out.
 */
const QUILKIN = {
  ...{ name: "quilkin", version: "0.10.0", takes: "8 minutes" },
  // Its hash of packets has no other implementation.
  rustFlags: "-C target-feature=+aes,+sse2",
};
const OUT = path.resolve(import.meta.dirname, "../docs/bench");

await main(async () => {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      quilkin: { type: "boolean", default: false },
      peers: { type: "boolean", default: true },
      out: { type: "string" },
    },
    allowNegative: true,
  });
  if (values.quick && values.out === undefined) {
    throw new Advice("--quick measures too little for docs/bench: name a folder with --out");
  }
  await debianCommand({ command: "nft", package: "nftables" }, say);
  const missing = await labMissing();
  if (missing !== undefined) throw new Advice(`no bench here: ${missing}`);
  const redis = await debianCommand({ command: "redis-server" }, say);
  await bench({
    scale: values.quick ? QUICK : FULL,
    peers: values.peers ? await findPeers(values.quilkin) : {},
    redis: "file" in redis ? redis.file : undefined,
    out: values.out ?? OUT,
    command: ["npm run bench", ...process.argv.slice(2)].join(" "),
    progress: say,
  });
});

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
