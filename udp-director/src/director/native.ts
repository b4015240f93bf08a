import type { DirectorConfig } from "../config/schema.ts";
import { loadAddon } from "../data/native/addon.ts";
import { COMPILING, nativeAddonFile } from "../data/native/build.ts";
import { NativePath, type NativePathOptions } from "../data/native/native-path.ts";
import { parseMagic } from "../protocol/control-packet.ts";
import type { DirectorDependencies, DirectorLog } from "./api.ts";

/** What the native path needs beside the configuration. */
export interface NativeParts
  extends Pick<NativePathOptions, "active" | "failed" | "forwarded" | "limited"> {
  readonly environment: DirectorDependencies["environment"];
  readonly log: DirectorLog;
}

/**
 * The native data path where it is wanted and possible. Where it is not possible one line says
 * why. The kernel's path takes sockets of node:dgram over, so the two are not used together.
 */
export async function openNative(
  config: DirectorConfig,
  { environment = {}, log, ...parts }: NativeParts,
): Promise<NativePath | undefined> {
  if (!config.native.enabled || config.kernel.enabled) return undefined;
  try {
    const file = await nativeAddonFile({
      environment,
      compiling: () => log.info({}, COMPILING),
    });
    const path = new NativePath({
      addon: loadAddon(file),
      magic: parseMagic(config.controlPacketMagicBytes),
      workers: config.native.workers,
      ...parts,
    });
    log.info({ workers: path.workers }, "native workers forward established sessions");
    return path;
  } catch (error) {
    const reason = (error as Error).message;
    log.warn({ reason }, "the native data path cannot be used here, node:dgram forwards");
    return undefined;
  }
}
