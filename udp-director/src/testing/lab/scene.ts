import assert from "node:assert/strict";
import type { DirectorConfigInput } from "../../config/schema.ts";
import { podMapping } from "../pod-mapping.ts";
import { LabHost } from "./lab.ts";
import { LabAgent } from "./lab-agent.ts";
import { type LabDirector, startLabDirector } from "./lab-director.ts";

/** First bytes of control packets. */
export const MAGIC = Buffer.from("FFFFFFFF5245534554", "hex");
/** The data port. */
export const DATA = 7777;
/** Addresses: the client's, the director's towards it and towards the backend, the backend's. */
export const V4 = {
  client: "10.91.1.2",
  near: "10.91.1.1",
  far: "10.91.2.1",
  backend: "10.91.2.2",
};
export const V6 = {
  client: "fd91:1::2",
  near: "fd91:1::1",
  far: "fd91:2::1",
  backend: "fd91:2::2",
};

/** Client, director and backends on hosts of their own: client - director - backends. */
export class Scene {
  readonly director: LabHost;
  readonly client: LabAgent;
  readonly #hosts: readonly LabHost[];

  private constructor(hosts: readonly LabHost[], director: LabHost, client: LabAgent) {
    this.#hosts = hosts;
    this.director = director;
    this.client = client;
  }

  static async open(): Promise<Scene> {
    const [client, director, backends] = await Promise.all([
      LabHost.open("client"),
      LabHost.open("director"),
      LabHost.open("backends"),
    ]);
    await client.connect(director, {
      here: [`${V4.client}/24`, `${V6.client}/64`],
      there: [`${V4.near}/24`, `${V6.near}/64`],
    });
    await director.connect(backends, {
      here: [`${V4.far}/24`, `${V6.far}/64`],
      there: [`${V4.backend}/24`, `${V6.backend}/64`],
    });
    for (const name of ["net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"]) {
      await director.run("sysctl", "-qw", `${name}=1`);
    }
    const echoes = new LabAgent(backends);
    for (const { backend } of [V4, V6]) {
      await echoes.echo(backend, 9001, "a");
      await echoes.echo(backend, 9002, "b");
    }
    return new Scene([client, director, backends], director, new LabAgent(client));
  }

  async close(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.close()));
  }

  /** `capabilities`: all that root has there, as capabilities(7) names them without `CAP_`. */
  start(
    extra: Partial<DirectorConfigInput>,
    capabilities?: readonly string[],
  ): Promise<LabDirector> {
    const resource = (name: string, address: string, udp: number) => ({
      ...{ resourceType: "echo", namespace: "lab", name, address, ports: { udp } },
      labels: { version: name },
    });
    const host = capabilities ? bounded(this.director, capabilities) : this.director;
    return startLabDirector(host, {
      listen: [V4.near, V6.near],
      metricsListen: [V4.near],
      resourceQueryMapping: {
        echo: podMapping,
      },
      discovery: {
        static: {
          resources: [
            ...["a", "b"].map((name, index) => resource(name, V4.backend, 9001 + index)),
            ...["a", "b"].map((name, index) => resource(`${name}6`, V6.backend, 9001 + index)),
          ],
        },
      },
      ...extra,
    });
  }

  async token(version: string, { near } = V4): Promise<string> {
    const labelSelector = { version };
    const wanted = { resourceType: "echo", namespace: "lab", labelSelector };
    return (await this.client.query(near, 9000, wanted)).token;
  }
}

/** A host whose programs have no more than these capabilities, as in a container. */
function bounded(host: LabHost, capabilities: readonly string[]): Pick<LabHost, "run" | "start"> {
  const set = ["-all", ...capabilities.map((name) => `+${name.toLowerCase()}`)].join(",");
  const limits = [`--bounding-set=${set}`, `--inh-caps=${set}`, "--no-new-privs", "--"];
  return {
    run: (command, ...args) => host.run(command, ...args),
    start: (command, args, env) => host.start("setpriv", [...limits, command, ...args], env),
  };
}

/** What came back, as `backend sourcePort payload`, after holding that it came from the data port. */
export function answers(received: readonly string[], { near } = V4): string[] {
  return received.map((line) => {
    const from = `${near} ${DATA} `;
    assert.ok(line.startsWith(from), line);
    return line.slice(from.length);
  });
}

/** As many different payloads. */
export const numbered = (word: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${word}${n}`);

/** Ports that the backend was asked from. */
export const sourcesOf = (answered: readonly string[]) =>
  new Set(answered.map((one) => one.split(" ")[1]));
