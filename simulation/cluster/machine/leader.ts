import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import path from "node:path";
import { controlPlane } from "./control-plane.ts";
import { lanCommands } from "./network.ts";
import { API_PORT, type ClusterPlan, FILES } from "./plan.ts";
import { startProgram } from "./start-program.ts";

/**
 * The first program in the namespaces of a cluster: makes the LAN, starts the control plane and
 * the nodes, leads a socket to the API server, and stays until its standard input ends. Whatever
 * ends it, the kernel then ends every process of its namespace and drops mounts and networks.
 *
 * `node leader.ts <file of a ClusterPlan>`, in network, mount and process namespaces of its own.
 */
const plan: ClusterPlan = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const inside = (name: string) => path.join(plan.folder, name);
const run = ([command = "", ...args]: readonly string[]) =>
  execFileSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });

run(["mount", "-t", "tmpfs", "cluster-run", "/run"]);
run(["mount", "-t", "tmpfs", "cluster-state", inside(FILES.state)]);
mkdirSync(inside(FILES.logs), { recursive: true });
for (const command of lanCommands(plan.nodes)) run(command);

const within = (node: string) => ["nsenter", `--net=/run/netns/${node}`];
const [first] = plan.nodes;
for (const { name, command, args } of controlPlane(plan)) {
  startProgram(inside(FILES.logs), name, [...within(first?.name ?? ""), command, ...args]);
}
for (const node of plan.nodes) {
  const main = path.join(import.meta.dirname, "node-main.ts");
  const own = ["unshare", "--mount", process.execPath, main, inside(FILES.plan), node.name];
  startProgram(inside(FILES.logs), node.name, [...within(node.name), ...own], true);
}

// A path leads through network namespaces, an address does not.
const relay = createServer((from) => {
  const to = connect(API_PORT, first?.address);
  from.pipe(to).pipe(from);
  from.on("error", () => to.destroy());
  to.on("error", () => from.destroy());
});
relay.listen(inside(FILES.api), () => process.stdout.write("started\n"));

process.stdin.on("end", () => process.exit()).resume();
