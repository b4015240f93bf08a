import type { DirectorConfig } from "../config/schema.ts";
import { KernelPath, type KernelPathOptions } from "../data/kernel/kernel-path.ts";
import type { SourceLimit } from "../data/kernel/ruleset.ts";
import { parseMagic } from "../protocol/control-packet.ts";
import type { DirectorLog } from "./api.ts";

/** What the kernel path needs beside the configuration. */
export interface KernelParts extends Pick<KernelPathOptions, "active" | "forwarded"> {
  /** Data port name to bound port. */
  readonly dataPorts: Readonly<Record<string, number>>;
  readonly log: DirectorLog;
}

/** The kernel path where it is wanted and possible. Where it is not possible one line says why. */
export async function openKernel(
  config: DirectorConfig,
  { active, forwarded, dataPorts, log }: KernelParts,
): Promise<KernelPath | undefined> {
  if (!config.kernel.enabled) return undefined;
  const { sourcePorts, maxFlows } = config.kernel;
  try {
    const path = await KernelPath.open({
      ports: udpPorts(config, dataPorts),
      sourcePorts,
      magic: parseMagic(config.controlPacketMagicBytes),
      idleSeconds: config.sessionTimeoutSeconds,
      maxFlows,
      limit: sourceLimit(config),
      active,
      forwarded,
      note: (message) => log.warn({}, message),
    });
    log.info({ sourcePorts, maxFlows }, "established sessions are forwarded by the kernel");
    return path;
  } catch (error) {
    const reason = (error as Error).message;
    log.warn({ reason }, "the kernel cannot forward sessions here, sockets do");
    return undefined;
  }
}

/** The kernel's part of the limit on each source, where there is one. */
function sourceLimit({ protection }: DirectorConfig): SourceLimit | undefined {
  const { packetsPerSecond, packetBurst, exempt, maxSources } = protection;
  return packetsPerSecond === 0
    ? undefined
    : { packetsPerSecond, burst: packetBurst, exempt, maxSources };
}

/** Every bound UDP port of clients, those of ranges included. */
function udpPorts(config: DirectorConfig, bound: Readonly<Record<string, number>>): number[] {
  return [
    ...config.dataPorts
      .filter(({ protocol }) => protocol === "udp")
      .map(({ name, port }) => bound[name] ?? port),
    ...config.portRanges
      .filter(({ protocol }) => protocol !== "tcp")
      .flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, n) => from + n)),
  ];
}
