import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { plainAddress } from "../net/addresses.ts";
import { classifyNat, type NatClass, same } from "./classify.ts";
import { type NatAnswer, TRANSACTION_BYTES, type Transport } from "./nat-packet.ts";
import { NatSocket, type Patience } from "./nat-socket.ts";

export interface ExaminePlan extends Patience {
  /** The server's first address, IP or name, and port. */
  readonly server: Transport;
  /** Its other address and port, where the server's own word on them is of no use. */
  readonly other?: Transport;
  /** Longest mapping lifetime that is told from longer ones. Milliseconds; 0: it is not measured. */
  readonly lifetimeMs: number;
}

/** The NAT in front of this host, as a server sees it. */
export interface NatReport extends NatClass {
  readonly server: Transport;
  readonly other: Transport;
  readonly local: Transport;
  readonly mapped: Transport;
  /** Whether the mapping has the socket's own port. */
  readonly portPreserved: boolean;
  /** Whether two sockets behind the NAT reach each other by their mapped addresses. */
  readonly hairpinning: boolean;
  /** Seconds that a mapping lives without packets; null where it was not measured. */
  readonly lifetimeSeconds: { readonly atLeast: number; readonly below: number | null } | null;
}

/** There is nothing to classify: nobody answers, or not what is needed. */
export class NatUnknown extends Error {
  override readonly name = "NatUnknown";
}

/** Mappings of different ages that are looked at at once. */
const LIFETIME_STEPS = 20;
/** Greetings in each direction, and the time between them. Milliseconds. */
const GREETINGS = { count: 5, everyMs: 50 };

/** The address that packets to the server leave from. */
async function localAddress(to: Transport, family: 4 | 6): Promise<string> {
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  try {
    const connected = once(socket, "connect");
    socket.connect(to.port, to.address);
    await connected;
    return plainAddress(socket.address().address);
  } finally {
    socket.close();
  }
}

/** Examines one server's view with sockets that are all closed in the end. */
class Examination {
  readonly #plan: ExaminePlan;
  readonly #family: 4 | 6;
  readonly #server: Transport;
  readonly #sockets: NatSocket[] = [];

  constructor(plan: ExaminePlan, server: Transport, family: 4 | 6) {
    this.#plan = plan;
    this.#server = server;
    this.#family = family;
  }

  async socket(): Promise<NatSocket> {
    const socket = await NatSocket.open(this.#family, this.#plan);
    this.#sockets.push(socket);
    return socket;
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }

  async first(socket: NatSocket): Promise<NatAnswer> {
    return needed(await socket.ask(this.#server), this.#server);
  }

  /** Answers from elsewhere, to a socket that has asked the first place alone. */
  async heardFrom() {
    const socket = await this.socket();
    await this.first(socket);
    // One after the other: an answer that is let in must not open the way for the next.
    const everything = { otherAddress: true, otherPort: true };
    const otherAddressAndPort = (await socket.ask(this.#server, everything)) !== undefined;
    const otherPort =
      otherAddressAndPort || (await socket.ask(this.#server, { otherPort: true })) !== undefined;
    return { otherPort, otherAddressAndPort };
  }

  async hairpinning(): Promise<boolean> {
    const [one, two] = [await this.socket(), await this.socket()];
    const [first, second] = [(await this.first(one)).mapped, (await this.first(two)).mapped];
    const transaction = randomBytes(TRANSACTION_BYTES);
    // Both ways: whoever filters by sender knows the sender by then.
    for (let n = 0; n < GREETINGS.count; n++) {
      one.greet(second, transaction);
      two.greet(first, transaction);
      await wait(GREETINGS.everyMs);
      if (one.greetedBy(transaction) || two.greetedBy(transaction)) return true;
    }
    await wait(this.#plan.timeoutMs);
    return one.greetedBy(transaction) || two.greetedBy(transaction);
  }

  /** Mappings of many ages, each asked for once: the oldest that still leads here. */
  async lifetime(longestMs: number): Promise<NatReport["lifetimeSeconds"]> {
    if (longestMs === 0) return null;
    const ages = Array.from({ length: LIFETIME_STEPS }, (_, n) =>
      Math.round((longestMs * (n + 1)) / LIFETIME_STEPS),
    );
    const alive = await Promise.all(
      ages.map(async (delayMs) => {
        const socket = await this.socket();
        await this.first(socket);
        return (await socket.ask(this.#server, { delayMs })) !== undefined;
      }),
    );
    // A younger one that is missing was lost on the way: an older one lived.
    const oldest = alive.lastIndexOf(true);
    const below = ages[oldest + 1];
    return {
      atLeast: (ages[oldest] ?? 0) / 1000,
      below: below === undefined ? null : below / 1000,
    };
  }
}

function needed(answer: NatAnswer | undefined, at: Transport): NatAnswer {
  if (answer !== undefined) return answer;
  throw new NatUnknown(
    `no answer from UDP ${at.address} port ${at.port}: is \`udp-director echo\` there, with --other-address and --other-port?`,
  );
}

/** Classifies the NAT in front of this host. Rejects with NatUnknown. */
export async function examineNat(plan: ExaminePlan): Promise<NatReport> {
  const found = await lookup(plan.server.address).catch((error: Error) => {
    throw new NatUnknown(`cannot resolve ${plan.server.address}: ${error.message}`);
  });
  const server = { address: found.address, port: plan.server.port };
  const family = found.family === 6 ? 6 : 4;
  const examination = new Examination(plan, server, family);
  try {
    const socket = await examination.socket();
    const { mapped, other: told } = await examination.first(socket);
    const other = plan.other ?? told;
    if (other === undefined) throw new NatUnknown("the server has no other address");
    const local = { address: await localAddress(server, family), port: socket.port };
    // The first socket's mappings, and the others beside them: each question has its own socket.
    const [elsewhere, heardFrom, hairpinning, lifetimeSeconds] = await Promise.all([
      (async () => {
        const byAddress = { address: other.address, port: server.port };
        return {
          otherAddress: needed(await socket.ask(byAddress), byAddress).mapped,
          otherAddressAndPort: needed(await socket.ask(other), other).mapped,
        };
      })(),
      examination.heardFrom(),
      examination.hairpinning(),
      examination.lifetime(plan.lifetimeMs),
    ]);
    return {
      ...classifyNat({ local, mapped: { first: mapped, ...elsewhere }, heardFrom }),
      ...{ server, other, local, mapped },
      portPreserved: local.port === mapped.port,
      hairpinning,
      lifetimeSeconds,
    };
  } finally {
    examination.close();
  }
}

/** A report as lines for people. */
export function natText(report: NatReport): string {
  const { kind, mapping, filtering, local, mapped, hairpinning, lifetimeSeconds } = report;
  const at = ({ address, port }: Transport) => `${address} port ${port}`;
  const lifetime =
    lifetimeSeconds === null
      ? "not measured"
      : lifetimeSeconds.below === null
        ? `${lifetimeSeconds.atLeast} s at least`
        : `${lifetimeSeconds.atLeast} s to ${lifetimeSeconds.below} s`;
  return `NAT          ${kind}
mapping      ${mapping}
filtering    ${filtering}
local        ${at(local)}
mapped       ${at(mapped)}${same(local, mapped) ? ", the same" : report.portPreserved ? ", port kept" : ""}
hairpinning  ${hairpinning ? "yes" : "no"}
lifetime     ${lifetime}
`;
}
