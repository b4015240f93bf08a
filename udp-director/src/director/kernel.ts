import { randomInt } from "node:crypto";
import type { DirectorConfig } from "../config/schema.ts";
import { Shortcut } from "../data/kernel/ebpf/shortcut.ts";
import type { Found } from "../data/kernel/found.ts";
import { findTables, KernelPath, type KernelPathOptions } from "../data/kernel/kernel-path.ts";
import type { SourceLimit } from "../data/kernel/ruleset.ts";
import { Sources } from "../data/kernel/sources.ts";
import { loadAddon } from "../data/native/addon.ts";
import { COMPILING, nativeAddonFile } from "../data/native/build.ts";
import { sourceOf } from "../protection/source.ts";
import { parseMagic } from "../protocol/control-packet.ts";
import type { Session } from "../sessions/session.ts";
import type { DirectorDependencies, DirectorLog } from "./api.ts";

/** The kernel as this process finds it. */
export interface KernelBefore {
  /** Undefined: no process before has left anything. */
  readonly found: Found | undefined;
  /** Without those that found flows have: a socket on one of them would take nobody's answers. */
  readonly sources: Sources;
}

/**
 * Looks for what a process that died has left, where the kernel is wanted. Changes nothing, so it
 * may come before the ports are bound, and has to: a director that already runs may have them.
 */
export async function lookAtKernel({ kernel }: DirectorConfig): Promise<KernelBefore | undefined> {
  if (!kernel.enabled) return undefined;
  const found = await findTables();
  const sources = new Sources(kernel.sourcePorts, randomInt);
  for (const flow of found?.flows() ?? []) sources.add(flow);
  return { found, sources };
}

/** What the kernel path needs beside the configuration. */
export interface KernelParts extends Pick<KernelPathOptions, "active" | "forwarded"> {
  /** Data port name to bound port. */
  readonly dataPorts: Readonly<Record<string, number>>;
  readonly environment: DirectorDependencies["environment"];
  readonly log: DirectorLog;
}

/** The kernel path where it is wanted and possible. Where it is not possible one line says why. */
export async function openKernel(
  config: DirectorConfig,
  before: KernelBefore | undefined,
  { active, forwarded, dataPorts, environment, log }: KernelParts,
): Promise<KernelPath | undefined> {
  if (before === undefined) return undefined;
  const { sourcePorts, maxFlows } = config.kernel;
  const options = {
    listen: config.listen,
    ports: udpPorts(config, dataPorts),
    sourcePorts,
    sources: before.sources,
    magic: parseMagic(config.controlPacketMagicBytes),
    idleSeconds: config.sessionTimeoutSeconds,
    maxFlows,
    maxBans: config.protection.maxSources,
    limit: sourceLimit(config),
    active,
    forwarded,
    note: (message: string) => log.warn({}, message),
  };
  try {
    const path = await KernelPath.open(options, before.found);
    const faster = await openShortcut(config, { environment, log });
    if (faster) path.faster = faster;
    log.info({ sourcePorts, maxFlows }, "established sessions are forwarded by the kernel");
    return path;
  } catch (error) {
    const reason = (error as Error).message;
    log.warn({ reason }, "the kernel cannot forward sessions here, sockets do");
    return undefined;
  }
}

/** The kernel's program where it is wanted and possible. Where it is not possible one line says why. */
async function openShortcut(
  config: DirectorConfig,
  { environment = {}, log }: Pick<KernelParts, "environment" | "log">,
): Promise<Shortcut | undefined> {
  if (!config.kernel.ebpf) return undefined;
  try {
    // Rules count a source's packets, which would have to see all of them.
    if (sourceLimit(config)) throw new Error("protection.packetsPerSecond bounds each source");
    const file = await nativeAddonFile({
      environment,
      compiling: () => log.info({}, COMPILING),
    });
    const shortcut = Shortcut.open({
      bpf: loadAddon(file).bpf,
      magic: parseMagic(config.controlPacketMagicBytes),
      maxFlows: config.kernel.maxFlows,
      note: (message) => log.warn({}, message),
    });
    log.info({}, "a program in the kernel takes established sessions past its rules");
    return shortcut;
  } catch (error) {
    const reason = (error as Error).message;
    log.info({ reason }, "the kernel's rules forward sessions, as its program cannot");
    return undefined;
  }
}

/**
 * Whether a source has sessions. Ones that are not in the kernel go on while it is banned, so the
 * kernel must not drop what it has no flow for.
 */
export function hasSession(sessions: Iterable<Session<unknown>>, source: string): boolean {
  // What its addresses begin with as text, up to a group of zeros, which may be left out.
  const groups = source.split("::")[0]?.split(":") ?? [];
  const start = groups.slice(0, groups.includes("0") ? groups.indexOf("0") : 4).join(":");
  for (const { clientAddress } of sessions) {
    if (clientAddress.startsWith(start) && sourceOf(clientAddress) === source) return true;
  }
  return false;
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
