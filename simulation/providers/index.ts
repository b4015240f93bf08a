import { aws } from "./aws/index.ts";
import { azureNative } from "./azure-native/index.ts";
import { cloudflare } from "./cloudflare/index.ts";
import { digitalocean } from "./digitalocean/index.ts";
import { kubernetes } from "./kubernetes/index.ts";
import type { SimulatedCloud } from "./simulated-cloud.ts";

/** Every provider that is simulated. */
export const simulatedClouds: readonly SimulatedCloud[] = [
  azureNative,
  aws,
  kubernetes,
  cloudflare,
  digitalocean,
];
