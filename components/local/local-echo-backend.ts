import * as pulumi from "@pulumi/pulumi";
import { LOOPBACK, type LocalWorkloadArgs, workloadProcess } from "./workload-process.ts";

export interface LocalEchoBackendArgs extends LocalWorkloadArgs {
  /** UDP port, 1 to 65535. */
  readonly port: number;
  /** What a person changes to move the port; for the error when it is taken. */
  readonly portSetting: string;
  /** Word that comes back in front of every datagram, so that a client sees who answered. */
  readonly label: string;
}

/** A UDP backend on this machine that sends back what it gets, with its label in front. */
export class LocalEchoBackend extends pulumi.ComponentResource {
  /** Address that the backend listens on. */
  readonly address: pulumi.Output<string>;
  /** UDP port that the backend listens on. */
  readonly port: pulumi.Output<number>;

  constructor(name: string, args: LocalEchoBackendArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pulumi-udp:local:LocalEchoBackend", name, {}, opts);
    const host = args.address ?? LOOPBACK;
    const { port } = args;
    workloadProcess(
      `${name}-process`,
      args,
      {
        subcommand: ["echo", "--host", host, "--port", String(port), "--label", args.label],
        listens: [{ protocol: "UDP", host, port, setting: args.portSetting }],
        health: { udpEcho: { host, port } },
      },
      this,
    );
    this.address = pulumi.output(host);
    this.port = pulumi.output(port);
    this.registerOutputs({ address: this.address, port: this.port });
  }
}
