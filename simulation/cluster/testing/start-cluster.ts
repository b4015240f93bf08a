import { LocalCluster } from "../local-cluster.ts";
import { localClusterTools } from "../local-cluster-tools.ts";

/** Starts a cluster, says so, and stays: for tests of what is left when it is ended by force. */
const tools = await localClusterTools((line) => process.stderr.write(`${line}\n`));
if ("missing" in tools) throw new Error(tools.missing);
await LocalCluster.start(tools);
process.stdout.write("ready\n");
setInterval(() => {}, 60_000);
