import path from "node:path";
import type { ComponentResource, Input } from "@pulumi/pulumi";
import { type HealthCheck, type ListenPort, LocalProcess } from "./local-process.ts";
import { findWorkload } from "./workload.ts";

/** Arguments that every process of a local stack takes. */
export interface LocalWorkloadArgs {
  /** Absolute path of a folder; the process gets a subfolder with its resource's name. */
  readonly stateDir: string;
  /** Address to listen on. Left out: 127.0.0.1. */
  readonly address?: string;
  /** Seconds until the process has to be healthy. Left out: 15. */
  readonly startTimeoutSeconds?: number;
}

export const LOOPBACK = "127.0.0.1";

/** A subcommand of the installed `udp-director` as a child of a component. */
export function workloadProcess(
  name: string,
  args: LocalWorkloadArgs,
  run: {
    readonly subcommand: readonly Input<string>[];
    readonly files?: Readonly<Record<string, Input<string>>>;
    readonly listens: ListenPort[];
    readonly health: HealthCheck;
  },
  parent: ComponentResource,
): LocalProcess {
  const workload = findWorkload();
  return new LocalProcess(
    name,
    {
      workDir: path.join(args.stateDir, name),
      command: [...workload.command, ...run.subcommand],
      files: run.files ?? {},
      listens: run.listens,
      health: run.health,
      triggers: { source: workload.sourceHash },
      ...(args.startTimeoutSeconds === undefined
        ? {}
        : { startTimeoutSeconds: args.startTimeoutSeconds }),
    },
    { parent },
  );
}

/** An address as it stands in a URL: IPv6 in brackets (RFC 3986 section 3.2.2). */
export function urlHost(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
