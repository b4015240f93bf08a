import * as pulumi from "@pulumi/pulumi";
import type { DirectorConfigInput } from "udp-director/config-schema";
import { configFile } from "../director/config.ts";
import { type Endpoint, type HasEndpoint, Protocol } from "../endpoint/index.ts";
import { LOOPBACK, type LocalWorkloadArgs, urlHost, workloadProcess } from "./workload-process.ts";

/** A port of the director and what a person changes to move it. */
export interface LocalPort {
  /** 1 to 65535. */
  readonly port: number;
  /** For the error when the port is taken, such as `udp:local.ports.data`. */
  readonly setting: string;
}

export interface LocalUdpDirectorArgs extends LocalWorkloadArgs {
  /** TCP port of queries. */
  readonly queryPort: LocalPort;
  /** UDP data port. */
  readonly dataPort: LocalPort;
  /** HTTP port of metrics and health. */
  readonly metricsPort: LocalPort;
  /**
   * The rest of the director's configuration, checked against its schema. Its ports and listen
   * addresses come from the arguments above.
   */
  readonly config: Omit<
    DirectorConfigInput,
    "queryPort" | "dataPort" | "dataPorts" | "metricsPort" | "metricsListen" | "listen"
  >;
}

/**
 * The UDP director as a process of this machine. It is restarted when its configuration changes.
 *
 * @throws InputPropertyError naming the key of `config` that is wrong, before anything is registered.
 */
export class LocalUdpDirector extends pulumi.ComponentResource implements HasEndpoint {
  /** The director's address with its ports `query` (TCP) and `data` (UDP). */
  readonly endpoint: pulumi.Output<Endpoint>;
  /** URL of the metrics in Prometheus' text format. */
  readonly metrics: pulumi.Output<string>;

  constructor(name: string, args: LocalUdpDirectorArgs, opts?: pulumi.ComponentResourceOptions) {
    const host = args.address ?? LOOPBACK;
    const { queryPort, dataPort, metricsPort } = args;
    const config = {
      ...args.config,
      listen: [host],
      queryPort: queryPort.port,
      dataPort: dataPort.port,
      metricsPort: metricsPort.port,
    } satisfies DirectorConfigInput;
    const file = configFile(config);
    super("pulumi-udp:local:LocalUdpDirector", name, {}, opts);
    const origin = `http://${urlHost(host)}:${metricsPort.port}`;
    workloadProcess(
      `${name}-process`,
      args,
      {
        subcommand: ["serve", "--config", "config.yaml"],
        files: { "config.yaml": file },
        listens: [
          { protocol: "TCP", host, ...queryPort },
          { protocol: "UDP", host, ...dataPort },
          { protocol: "TCP", host, ...metricsPort },
        ],
        health: { http: `${origin}/readyz` },
      },
      this,
    );
    this.endpoint = pulumi.output({
      addresses: [host],
      ports: [
        { name: "query", port: queryPort.port, protocol: Protocol.Tcp },
        { name: "data", port: dataPort.port, protocol: Protocol.Udp },
      ],
    });
    this.metrics = pulumi.output(`${origin}/metrics`);
    this.registerOutputs({ endpoint: this.endpoint, metrics: this.metrics });
  }
}
