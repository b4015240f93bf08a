import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { cgroupOf, nodeSetup } from "./node-programs.ts";
import { type ClusterPlan, FILES } from "./plan.ts";
import { startProgram } from "./start-program.ts";

/**
 * A node of a cluster: containerd, kubelet and kube-proxy, which see a machine of their own.
 *
 * `node node-main.ts <file of a ClusterPlan> <name>`, in the node's network namespace and a mount
 * namespace of its own.
 */
const [, , file = "", name = ""] = process.argv;
const plan: ClusterPlan = JSON.parse(readFileSync(file, "utf8"));
const node = plan.nodes.find((one) => one.name === name);
if (node === undefined) throw new Error(`no node ${name} in ${file}`);
const own = (part: string) => path.join(plan.folder, FILES.state, node.name, part);
const mount = (...args: readonly string[]) => execFileSync("mount", args, { stdio: "inherit" });
/** Fixed paths of kubelet and CNI lie in these: what is written there goes to memory. */
const WRITTEN = ["/var/lib", "/var/log"];
/** What the kubelet asks of a machine (pkg/kubelet/cm/container_manager_linux.go), and would set. */
const SYSCTLS: Readonly<Record<string, string>> = {
  "kernel/keys/root_maxbytes": "25000000",
  "kernel/keys/root_maxkeys": "1000000",
  "kernel/panic": "10",
  "kernel/panic_on_oops": "1",
  "vm/overcommit_memory": "1",
  "vm/panic_on_oom": "0",
};

mount("-t", "tmpfs", `${name}-run`, "/run");
for (const [index, folder] of WRITTEN.entries()) {
  const [upper, work] = [own(`upper-${index}`), own(`work-${index}`)];
  for (const made of [upper, work]) mkdirSync(made, { recursive: true });
  mount(
    "-t",
    "overlay",
    name,
    "-o",
    `lowerdir=${folder},upperdir=${upper},workdir=${work}`,
    folder,
  );
}
for (const [sysctl, value] of Object.entries(SYSCTLS)) {
  const shown = own(`sysctl/${sysctl}`);
  mkdirSync(path.dirname(shown), { recursive: true });
  writeFileSync(shown, `${value}\n`);
  mount("--bind", shown, `/proc/sys/${sysctl}`);
}
writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
makeCgroups(cgroupOf(plan, node));

for (const volume of FILES.volumes(node.name)) {
  mkdirSync(path.join(plan.folder, volume), { recursive: true });
}
const setup = nodeSetup(plan, node);
for (const [target, text] of Object.entries(setup.files)) {
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, text);
}
const socket = path.join(plan.folder, FILES.containerd(node.name));
for (const program of setup.programs) {
  // The kubelet gives up where nobody listens yet.
  while (program.needs === "containerd" && !(await listens(socket))) await pause(20);
  const line = [program.command, ...program.args];
  startProgram(path.join(plan.folder, FILES.logs), program.name, line);
}

function listens(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect(file);
    client.once("connect", () => resolve(true)).once("error", () => resolve(false));
    client.once("connect", () => client.destroy());
  });
}

/** A cgroup in every hierarchy: the kubelet wants the root of its own to be there. */
function makeCgroups(group: string): void {
  const root = "/sys/fs/cgroup";
  if (!existsSync(path.join(root, "cgroup.controllers"))) {
    for (const hierarchy of readdirSync(root)) {
      mkdirSync(path.join(root, hierarchy, group), { recursive: true });
    }
    return;
  }
  // Version 2: a group has the controllers that each group above it hands down.
  const controllers = readFileSync(path.join(root, "cgroup.controllers"), "utf8").trim();
  const handed = controllers.split(" ").map((one) => `+${one}`);
  let folder = root;
  for (const part of group.split("/").filter(Boolean)) {
    writeFileSync(path.join(folder, "cgroup.subtree_control"), handed.join(" "));
    folder = path.join(folder, part);
    mkdirSync(folder, { recursive: true });
  }
}
