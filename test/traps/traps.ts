import { aws } from "./aws.ts";
import { azure } from "./azure.ts";
import { cloudflare } from "./cloudflare.ts";
import { clusters } from "./clusters.ts";
import { digitalocean } from "./digitalocean.ts";
import { director } from "./director.ts";
import type { Trap } from "./trap.ts";

/** Every trap that the components know, by number. */
export const traps: readonly Trap[] = [
  ...azure,
  ...aws,
  ...digitalocean,
  ...cloudflare,
  ...clusters,
  ...director,
].sort((a, b) => a.number - b.number);
