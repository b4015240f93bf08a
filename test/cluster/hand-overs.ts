import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Cluster } from "../../simulation/cluster/cluster.ts";
import type { HandOver } from "./flow-report.ts";

/** Port of the director for its clients' packets. */
const DATA_PORT = "7777";
/** `[<seconds>] [NEW] udp … [UNREPLIED] src=<pod> …`, as `conntrack -E -o timestamp` has it. */
const NEW = /^\[(\d+\.\d+)\]\s+\[NEW\] .* \[UNREPLIED\] src=(\S+) /;

/** Which pods the nodes send packets for a load balancer's address to, flow by flow, as it happens. */
export class HandOvers {
  readonly seen: HandOver[] = [];
  readonly #children: ChildProcess[];

  constructor(cluster: Cluster, address: string) {
    const filter = ["-e", "NEW", "-p", "udp", "--orig-dst", address, "--orig-port-dst", DATA_PORT];
    this.#children = cluster.nodes.map((node) => {
      const line = ["conntrack", "-E", ...filter, "-o", "timestamp"];
      const [command = "", ...args] = cluster.onNode(node, line);
      const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
      // Without it, silences are all the directors'.
      child.on("error", () => undefined);
      createInterface({ input: child.stdout }).on("line", (text) => {
        const [, seconds, to] = NEW.exec(text) ?? [];
        if (to !== undefined) this.seen.push({ at: Number(seconds) * 1000, node, to });
      });
      return child;
    });
  }

  close(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }
}
