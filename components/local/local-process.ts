import * as pulumi from "@pulumi/pulumi";
import { PROCESS_TYPE } from "./plugin/provider.ts";
import type { HealthCheck } from "./process/health.ts";
import type { ListenPort } from "./process/ports.ts";

export type { HealthCheck, ListenPort };

export interface LocalProcessArgs {
  /**
   * Absolute path of a folder for this process alone: its files, its log and a note of what runs.
   * Created when missing. Another folder replaces the process.
   */
  readonly workDir: pulumi.Input<string>;
  /** Program and arguments. A program without a slash is looked up on PATH. */
  readonly command: pulumi.Input<pulumi.Input<string>[]>;
  /** Environment, beside PATH and HOME of the one who runs Pulumi. Left out: nothing more. */
  readonly env?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Files to write into `workDir` before the start, by plain name. A change restarts the process. */
  readonly files?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * Ports that the process is going to listen on; each is tried before the start, so that a taken
   * one is an error that names the setting to change. Left out: not tried.
   */
  readonly listens?: pulumi.Input<ListenPort[]>;
  /** The resource is created once this holds, and read as gone when it does not any more. */
  readonly health: pulumi.Input<HealthCheck>;
  /** Values that restart the process when they change, such as the hash of its source. */
  readonly triggers?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Seconds until `health` has to hold. Left out: 15. */
  readonly startTimeoutSeconds?: pulumi.Input<number>;
  /** Seconds from SIGTERM to SIGKILL on restart and delete. Left out: 5. */
  readonly stopTimeoutSeconds?: pulumi.Input<number>;
}

/**
 * A process of this machine under Pulumi's control: created when healthy, restarted in place when
 * an input changes, read as gone by `pulumi refresh` when it died or hangs, ended on destroy. It is
 * identified by its number and the moment it started, so that a reused number is never ended.
 *
 * Needs the plugin of this package in `Pulumi.yaml` (`plugins.providers`, `name: udp-local`).
 */
export class LocalProcess extends pulumi.CustomResource {
  /** Process number; 0 after a restart that failed. */
  declare readonly pid: pulumi.Output<number>;
  /** Absolute path of the file with the process's standard output and error. */
  declare readonly logFile: pulumi.Output<string>;

  /**
   * @throws The engine reports, as one line under the resource's name: a taken port, a program that
   * cannot be started, one that ends or is not healthy in time (with the end of its log).
   */
  constructor(name: string, args: LocalProcessArgs, opts?: pulumi.CustomResourceOptions) {
    super(PROCESS_TYPE, name, { ...args, pid: undefined, logFile: undefined }, opts);
  }
}
