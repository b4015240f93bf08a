import type { AksSettings } from "../settings/index.ts";
import type { Deployed } from "./platform.ts";

/** Everything that a stack on an existing AKS cluster consists of. */
export function deployAks(_settings: AksSettings): Deployed {
  throw new Error("the AKS platform is not part of this commit yet");
}
