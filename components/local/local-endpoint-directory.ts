import * as pulumi from "@pulumi/pulumi";
import type { Endpoint } from "../endpoint/index.ts";
import type { LocalPort } from "./local-udp-director.ts";
import { LOOPBACK, type LocalWorkloadArgs, urlHost, workloadProcess } from "./workload-process.ts";

/** An endpoint as the directory lists it. */
export interface ListedEndpoint {
  /** Name that clients ask for. */
  readonly name: string;
  readonly endpoint: pulumi.Input<Endpoint>;
  /** Region that clients choose by. Left out: none is told. */
  readonly region?: string;
  /** URL that answers 2xx while the endpoint serves. Left out: health is told as unknown. */
  readonly healthUrl?: pulumi.Input<string>;
}

export interface LocalEndpointDirectoryArgs extends LocalWorkloadArgs {
  /** HTTP port of the directory. */
  readonly port: LocalPort;
  /** What the directory lists, in its order. */
  readonly endpoints: readonly ListedEndpoint[];
}

/** The endpoint directory (`GET /v1/endpoints`) as a process of this machine. */
export class LocalEndpointDirectory extends pulumi.ComponentResource {
  /** URL of the list of endpoints. */
  readonly url: pulumi.Output<string>;

  constructor(
    name: string,
    args: LocalEndpointDirectoryArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("pulumi-udp:local:LocalEndpointDirectory", name, {}, opts);
    const host = args.address ?? LOOPBACK;
    const { port } = args;
    const origin = `http://${urlHost(host)}:${port.port}`;
    workloadProcess(
      `${name}-process`,
      args,
      {
        subcommand: ["directory", "--config", "directory.yaml"],
        // JSON is YAML (YAML 1.2 section 1.3).
        files: { "directory.yaml": pulumi.jsonStringify(directoryConfig(host, port.port, args)) },
        listens: [{ protocol: "TCP", host, ...port }],
        health: { http: `${origin}/readyz` },
      },
      this,
    );
    this.url = pulumi.output(`${origin}/v1/endpoints`);
    this.registerOutputs({ url: this.url });
  }
}

function directoryConfig(host: string, port: number, args: LocalEndpointDirectoryArgs) {
  return {
    listen: [host],
    port,
    endpoints: args.endpoints.map(({ name, endpoint, region, healthUrl }) =>
      pulumi.output(endpoint).apply((known) => ({
        name,
        ...known,
        ...(region === undefined ? {} : { region }),
        ...(healthUrl === undefined ? {} : { health: { url: healthUrl, intervalSeconds: 2 } }),
      })),
    ),
  };
}
