import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { debianCommand } from "../../../toolchain/debian.ts";
import { LabHost } from "../testing/lab/lab.ts";
import { LabAgent } from "../testing/lab/lab-agent.ts";
import { type LabDirector, startLabDirector } from "../testing/lab/lab-director.ts";
import {
  type LabNatKind,
  NAT_KINDS,
  type NatRouterOptions,
  natRouter,
} from "../testing/lab/nat-router.ts";
import { podMapping } from "../testing/pod-mapping.ts";
import type { NatReport } from "./examine.ts";

const MAIN = join(import.meta.dirname, "../main.ts");
const MAGIC = Buffer.from("FFFFFFFF5245534554", "hex");
const CLIENT = "10.93.0.2";
/** Addresses of the router: it has another one after `rebind`. */
const OUTSIDE = ["203.0.113.1", "203.0.113.2"] as const;
const ECHO = { first: "203.0.113.10", other: "203.0.113.11", port: 9999, otherPort: 9998 };
const DIRECTOR = "203.0.113.20";
const BACKEND = "203.0.113.30";
const DATA = { address: DIRECTOR, port: 7777 };

/** client - router - world: echo, director and backends are the world. */
class NatScene {
  readonly #hosts: readonly [LabHost, LabHost, LabHost];
  readonly client: LabAgent;
  readonly director: LabDirector;

  private constructor(hosts: readonly [LabHost, LabHost, LabHost], director: LabDirector) {
    this.#hosts = hosts;
    this.client = new LabAgent(hosts[0]);
    this.director = director;
  }

  static async open(): Promise<NatScene> {
    const hosts = await Promise.all([
      LabHost.open("client"),
      LabHost.open("router"),
      LabHost.open("world"),
    ]);
    const [client, router, world] = hosts;
    await client.connect(router, { here: [`${CLIENT}/24`], there: ["10.93.0.1/24"] });
    await router.connect(world, {
      here: OUTSIDE.map((address) => `${address}/24`),
      there: [ECHO.first, ECHO.other, DIRECTOR, BACKEND].map((address) => `${address}/24`),
    });
    await client.run("ip", "route", "add", "default", "via", "10.93.0.1");
    await world.run("ip", "route", "add", "10.93.0.0/24", "via", OUTSIDE[0]);
    const backends = new LabAgent(world);
    await backends.echo(BACKEND, 9001, "a");
    await backends.echo(BACKEND, 9002, "b");
    const echo = world.start(process.execPath, [
      ...[MAIN, "echo", "--host", ECHO.first, "--port", String(ECHO.port)],
      ...["--other-address", ECHO.other, "--other-port", String(ECHO.otherPort)],
    ]);
    await new Promise<void>((resolve, reject) => {
      echo.stdout?.on("data", (text) => String(text).includes('"ready"') && resolve());
      echo.once("exit", (code) => reject(new Error(`the echo ended with ${code}`)));
    });
    const resource = (name: string, udp: number) => ({
      ...{ resourceType: "echo", namespace: "lab", name, address: BACKEND, ports: { udp } },
      labels: { version: name },
    });
    const director = await startLabDirector(world, {
      listen: [DIRECTOR],
      metricsListen: [DIRECTOR],
      tokens: { resume: "any" },
      resourceQueryMapping: {
        echo: podMapping,
      },
      discovery: { static: { resources: [resource("a", 9001), resource("b", 9002)] } },
    });
    return new NatScene(hosts, director);
  }

  /** Puts a NAT between client and world that knows of nobody yet. */
  nat(kind: LabNatKind, more: Partial<NatRouterOptions> = {}) {
    return natRouter(this.#hosts[1], {
      ...{ kind, inside: "to-client", outside: "to-world", network: "10.93.0.0/24" },
      ...{ address: OUTSIDE[0], lifetimeSeconds: 30 },
      ...more,
    });
  }

  /** Gives the link between router and world another MTU. */
  async narrow(mtu: number): Promise<void> {
    const [, router, world] = this.#hosts;
    await router.run("ip", "link", "set", "to-world", "mtu", String(mtu));
    await world.run("ip", "link", "set", "to-router", "mtu", String(mtu));
  }

  /** Has the router tell nobody that a packet was too large. */
  async silence(): Promise<void> {
    const rules =
      "table ip quiet { chain out { type filter hook output priority 0; icmp type destination-unreachable drop; }; }";
    await this.#hosts[1].run("nft", rules);
  }

  /** What `udp-director nat` says behind it. */
  async examined(...args: string[]): Promise<NatReport> {
    const at = ["--host", ECHO.first, "--port", String(ECHO.port), "--timeout", "250", "--json"];
    const said = await this.#hosts[0].run(process.execPath, MAIN, "nat", ...at, ...args);
    return JSON.parse(said);
  }

  /** Runs a command of the command line at the client; resolves with its output. */
  async command(...args: string[]): Promise<string> {
    return this.#hosts[0].run(process.execPath, MAIN, ...args);
  }

  /** Starts one there. */
  started(...args: string[]): ChildProcess {
    return this.#hosts[0].start(process.execPath, [MAIN, ...args]);
  }

  async token(version: string): Promise<string> {
    const wanted = { resourceType: "echo", namespace: "lab", labelSelector: { version } };
    return (await this.client.query(DIRECTOR, 9000, wanted)).token;
  }

  async close(): Promise<void> {
    await this.director.stop();
    await Promise.all(this.#hosts.map((host) => host.close()));
  }
}

const EXPECTED = {
  none: ["endpoint-independent", "endpoint-independent"],
  "full cone": ["endpoint-independent", "endpoint-independent"],
  "restricted cone": ["endpoint-independent", "address-dependent"],
  "port restricted cone": ["endpoint-independent", "address-and-port-dependent"],
  symmetric: ["address-and-port-dependent", "address-and-port-dependent"],
} as const;

const conntrack = await debianCommand({ command: "conntrack" }, () => undefined);
const skip = "missing" in conntrack ? conntrack.missing : false;

describe("clients behind a router", { skip }, () => {
  let scene: NatScene;
  before(async () => {
    scene = await NatScene.open();
  });
  after(() => scene.close());

  describe("the NAT in front of a client is told right", () => {
    for (const kind of NAT_KINDS) {
      test(kind, async () => {
        await scene.nat(kind);
        const report = await scene.examined("--lifetime", "0");
        assert.deepEqual(
          [report.kind, report.mapping, report.filtering],
          [kind, ...EXPECTED[kind]],
        );
        assert.equal(report.local.address, CLIENT);
        assert.equal(report.mapped.address, kind === "none" ? CLIENT : OUTSIDE[0]);
        assert.equal(report.portPreserved, kind !== "symmetric");
        assert.equal(report.hairpinning, kind === "none");
        assert.deepEqual(report.other, { address: ECHO.other, port: ECHO.otherPort });
      });
    }

    test("hairpinning, where the NAT does it", async () => {
      await scene.nat("full cone", { hairpinning: true });
      const report = await scene.examined("--lifetime", "0");
      assert.deepEqual([report.kind, report.hairpinning], ["full cone", true]);
    });

    for (const kind of ["full cone", "symmetric"] as const) {
      test(`how long its mappings live: ${kind}`, async () => {
        await scene.nat(kind, { lifetimeSeconds: 2 });
        const { lifetimeSeconds } = await scene.examined("--lifetime", "3");
        assert.ok(lifetimeSeconds);
        const { atLeast, below } = lifetimeSeconds;
        const found = `${atLeast} to ${below}`;
        assert.ok(atLeast >= 1.4 && atLeast <= 2.2, found);
        assert.ok(below !== null && below <= 2.4, found);
      });
    }
  });

  describe("a session through each NAT", () => {
    /** `backend sourcePort payload` of each answer, all of which come from the data port. */
    const answers = (received: readonly string[]) =>
      received.map((line) => {
        assert.ok(line.startsWith(`${DIRECTOR} 7777 `), line);
        return line.slice(`${DIRECTOR} 7777 `.length).split(" ");
      });
    const control = (token: string) => Buffer.concat([MAGIC, Buffer.from(token)]);

    for (const kind of NAT_KINDS.filter((one) => one !== "none")) {
      test(`${kind}: it opens, moves, and goes on with the same source after another mapping`, async () => {
        await scene.nat(kind);
        const socket = await scene.client.open(CLIENT);
        const talk = async (word: string, count = 20) => {
          const words = Array.from({ length: count }, (_, n) => `${word}${n}`);
          await socket.send(DATA, words, 1);
          return answers(await socket.received(count, 1000));
        };
        await socket.send(DATA, [await scene.token("a")]);
        const before = await talk("before");
        assert.deepEqual(before.length, 20);
        assert.ok(before.every(([backend]) => backend === "a"));

        const token = await scene.token("b");
        await socket.send(DATA, [control(token)]);
        const moved = await talk("moved");
        assert.equal(moved.length, 20);
        assert.ok(moved.every(([backend]) => backend === "b"));

        // The NAT forgets everything and has another address: the director sees a stranger.
        await scene.nat(kind, { address: OUTSIDE[1] });
        assert.deepEqual(await talk("lost", 5), [], "an unknown source without a token");
        const resumed = "udp_director_session_resumes_total";
        const count = (await scene.director.metric(resumed)) ?? 0;
        await socket.send(DATA, [control(token)]);
        const back = await talk("back");
        assert.equal(back.length, 20);
        assert.deepEqual(
          new Set(back.map(([backend, port]) => `${backend} ${port}`)),
          new Set(moved.map(([backend, port]) => `${backend} ${port}`)),
          "the backend sees the same source",
        );
        assert.equal(await scene.director.metric(resumed), count + 1);
        await socket.close();
      });
    }

    test("the client library notices a new mapping by itself, and finds its backend again", async () => {
      await scene.nat("port restricted cone");
      const client = scene.started(
        ...["connect", "--host", DIRECTOR, "--type", "echo", "--namespace", "lab"],
        ...["--selector", "version=b", "--count", "40", "--interval", "50", "--timeout", "300"],
      );
      let said = "";
      for await (const text of client.stdout ?? []) {
        const before = said;
        said += text;
        if (said.includes("packet 5 ") && !before.includes("packet 5 ")) {
          await scene.nat("port restricted cone", { address: OUTSIDE[1] });
        }
      }
      const lines = said.trim().split("\n");
      assert.ok(
        lines.some((line) => line.startsWith("asking again")),
        said,
      );
      assert.match(lines.at(-1) ?? "", /^b \d+ packet 40 /, said);
    });

    test("latency, loss and path MTU behind a NAT, by echo and through the director", async () => {
      await scene.nat("symmetric");
      const plan = ["--count", "20", "--interval", "5", "--megabits", "0", "--json"];
      const echo = JSON.parse(
        await scene.command("measure", "--host", ECHO.first, "--data-port", "9999", ...plan),
      );
      assert.deepEqual([echo.latency.received, echo.pathMtu.bytes], [20, 1500]);
      const query = ["--type", "echo", "--namespace", "lab", "--selector", "version=a"];
      const through = JSON.parse(
        await scene.command("measure", "--host", DIRECTOR, ...query, ...plan, "--mtu-max", "0"),
      );
      assert.equal(through.latency.received, 20);
    });
  });

  test("the path MTU is that of its narrowest link, also where nobody tells so", async () => {
    await scene.nat("none");
    await scene.narrow(1412);
    const measured = async () =>
      JSON.parse(
        await scene.command(
          ...["measure", "--host", ECHO.first, "--data-port", "9999", "--count", "5"],
          ...["--megabits", "0", "--json"],
        ),
      ).pathMtu.bytes;
    assert.equal(await measured(), 1412);
    await scene.silence();
    assert.equal(await measured(), 1412);
  });
});
