import { parseArgs } from "node:util";
import { DirectorSession } from "../../udp-director/src/client/index.ts";
import { PacketQueue } from "../../udp-director/src/client/packet-queue.ts";
import { untilReached } from "./reach.ts";

/**
 * A client of a LAN: asks a director for backend a, sends a packet, asks for b on the same socket,
 * sends another. Prints what came back as JSON.
 */
const { values } = parseArgs({ options: { host: { type: "string", default: "" } } });
const wanted = (version: string) => ({
  ...{ resourceType: "echo", namespace: "games" },
  labelSelector: { app: "echo", version },
});
const replies = new PacketQueue();
const session = await untilReached(() =>
  DirectorSession.open({
    director: { host: values.host, timeoutMs: 2000 },
    wanted: wanted("a"),
    onPacket: (payload) => replies.push(payload),
  }),
);
const say = async (text: string) => {
  session.send(text);
  return String(await replies.next(20_000, () => `no reply to "${text}"`));
};
const heard = [await say("one"), await say("two")];
await session.move(wanted("b"));
// The first packet after a move may still find the old backend.
heard.push(await say("three"));
process.stdout.write(`${JSON.stringify(heard)}\n`);
session.close();
