import type { Json } from "../../simulation/cluster/kube-client.ts";
import type { ClusterStack } from "./cluster-stack.ts";
import type { FlowReport, HandOver } from "./flow-report.ts";

const DIRECTORS = "app.kubernetes.io/name=udp-director";
/** Namespaces whose events may have to do with a flow. */
const WHERE = ["games", "metallb-system", "kube-system"];

interface Line {
  readonly at: number;
  readonly text: string;
}

/** Names of the directors' pods by address, leaving ones too. */
export async function directorsByAddress(stack: ClusterStack): Promise<Map<string, string>> {
  const { items } = await stack.cluster.admin.get(
    `/api/v1/namespaces/games/pods?labelSelector=${DIRECTORS}`,
  );
  return new Map(items.map(({ status, metadata }: Json) => [status.podIP, metadata.name]));
}

/**
 * What happened while a flow ran, in the order of time: its silences, where it was sent, what the
 * cluster said of pods, and then what the directors that are left have logged and dropped.
 *
 * @param since Milliseconds since 1970.
 * @param before The directors at the flow's begin, by address.
 */
export async function story(
  stack: ClusterStack,
  since: number,
  report: FlowReport,
  handOvers: readonly HandOver[],
  before: ReadonlyMap<string, string>,
): Promise<string> {
  const now = await directorsByAddress(stack).catch(() => new Map<string, string>());
  const nameOf = (address: string) => now.get(address) ?? before.get(address) ?? "?";
  const lines: Line[] = [
    ...report.silences.map(({ from, ms, lost }) => ({
      at: from,
      text: `FLOW silent for ${Math.round(ms)} ms, ${lost} packets lost`,
    })),
    ...handOvers.map(({ at, node, to }) => ({
      at,
      text: `FLOW ${node} sends it to ${to}, ${nameOf(to)}`,
    })),
    ...(await events(stack, since)),
  ];
  const told = lines
    .sort((a, b) => a.at - b.at)
    .map(({ at, text }) => `${new Date(at).toISOString().slice(11, 23)} ${text}`);
  for (const name of now.values()) told.push(...(await ofDirector(stack, name)));
  return told.join("\n");
}

async function events(stack: ClusterStack, since: number): Promise<Line[]> {
  const lists = await Promise.all(
    WHERE.map((namespace) =>
      stack.cluster.admin
        .get(`/api/v1/namespaces/${namespace}/events`)
        .catch((error: Error) => ({ items: [{ message: `no events: ${error.message}` }] })),
    ),
  );
  return (
    lists
      .flatMap(({ items }) => items as Json[])
      .map(({ lastTimestamp, eventTime, involvedObject, reason, message, count }: Json) => ({
        at: Date.parse(lastTimestamp ?? eventTime ?? "") || since,
        text: `${involvedObject?.name} ${reason}: ${message}${count > 1 ? ` (${count} times)` : ""}`,
      }))
      // Their times have no parts of a second.
      .filter(({ at }) => at > since - 1000)
  );
}

/** Its last log lines, and why it has dropped packets. */
async function ofDirector(stack: ClusterStack, name: string): Promise<string[]> {
  const asked = [
    stack.kubectl("logs", "-n", "games", "--timestamps", "--tail=15", name),
    stack.cluster.admin
      .get(`/api/v1/namespaces/games/pods/${name}:9090/proxy/metrics`)
      .then((text: string) =>
        text
          .split("\n")
          .filter((line) => /^udp_director_(packets_dropped|store_)\S* (?!0$)/.test(line))
          .join("\n"),
      ),
  ];
  const answers = await Promise.allSettled(asked);
  return answers.flatMap((answer) =>
    (answer.status === "fulfilled" ? answer.value : String(answer.reason))
      .trim()
      .split("\n")
      .map((line) => `${name}: ${line}`),
  );
}
