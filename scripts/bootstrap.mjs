// Plain JavaScript for whatever Node is on the machine: it installs what is missing, then hands over
// to the project's own Node, which runs the TypeScript.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
/** The first Node that runs TypeScript without a flag. */
const OLDEST_NODE = [22, 18];

const [command = "", ...rest] = process.argv.slice(2);
const script = path.join(root, "scripts", `${command}.ts`);
if (!/^[a-z-]+$/.test(command) || !existsSync(script)) {
  stop(`scripts/${command}.ts does not exist: see "scripts" in package.json`);
}
if (!isInstalled()) {
  install();
}
const result = spawnSync(findNode(), [script, ...rest], { stdio: "inherit", cwd: root });
if (result.signal) {
  process.kill(process.pid, result.signal);
}
process.exitCode = result.status ?? 1;

/** True if every package of the lock file that belongs on this machine is there in its version. */
function isInstalled() {
  const wanted = readLock(path.join(root, "package-lock.json"));
  const present = readLock(path.join(root, "node_modules", ".package-lock.json"));
  return (
    present !== undefined &&
    Object.entries(wanted ?? {}).every(
      ([name, { version, optional, link }]) =>
        !name.startsWith("node_modules/") ||
        link ||
        (optional && present[name] === undefined) ||
        present[name]?.version === version,
    )
  );
}

function readLock(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).packages : undefined;
}

function install() {
  console.error("Installing the npm packages of package-lock.json …");
  const npm = process.env.npm_execpath;
  const [program, args] = npm ? [process.execPath, [npm, "ci"]] : ["npm", ["ci"]];
  const installed = spawnSync(program, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  if (installed.status !== 0) {
    process.stderr.write(installed.stderr ?? "");
    stop(
      "npm ci failed (see above): check the network and npm's registry setting, and run this again",
    );
  }
}

function findNode() {
  const own = path.join(root, "node_modules", ".bin", "node");
  if (existsSync(own)) {
    return own;
  }
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    stop(
      `Node ${process.versions.node} is too old and none comes with npm for ${process.platform}-${process.arch}: install Node 24`,
    );
  }
  return process.execPath;
}

function stop(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}
