import { z } from "zod";
import { type AksSettings, aksSettings } from "./aks.ts";
import { type AwsSettings, awsSettings } from "./aws.ts";
import { type CiliumSettings, ciliumSettings } from "./cilium.ts";
import { type DigitalOceanSettings, digitalOceanSettings } from "./digitalocean.ts";
import { block, expected } from "./fields.ts";
import { type LocalSettings, localSettings } from "./local.ts";
import { type MetalLbSettings, metalLbSettings } from "./metallb.ts";
import { type TraefikSettings, traefikSettings } from "./traefik.ts";

/** Every platform's block, under the platform's name. */
export const platformSettings = {
  local: localSettings.prefault({}),
  aks: aksSettings,
  metallb: metalLbSettings,
  digitalocean: digitalOceanSettings,
  aws: awsSettings,
  traefik: traefikSettings,
  cilium: ciliumSettings,
};

const PLATFORMS = Object.keys(platformSettings);

export const schema = z.discriminatedUnion(
  "platform",
  [
    block({ platform: z.literal("local"), local: platformSettings.local }),
    block({ platform: z.literal("aks"), aks: platformSettings.aks }),
    block({ platform: z.literal("metallb"), metallb: platformSettings.metallb }),
    block({ platform: z.literal("digitalocean"), digitalocean: platformSettings.digitalocean }),
    block({ platform: z.literal("aws"), aws: platformSettings.aws }),
    block({ platform: z.literal("traefik"), traefik: platformSettings.traefik }),
    block({ platform: z.literal("cilium"), cilium: platformSettings.cilium }),
  ],
  // For a missing or unknown discriminator zod's issue holds the whole input, not the one value.
  {
    error: (issue) =>
      expected(`one of ${PLATFORMS.join(", ")}`)({
        input: (issue.input as { platform?: unknown })?.platform,
      }),
  },
);

/** Everything a stack is told, discriminated on the platform. */
export type Settings =
  | { readonly platform: "local"; readonly local: LocalSettings }
  | { readonly platform: "aks"; readonly aks: AksSettings }
  | { readonly platform: "metallb"; readonly metallb: MetalLbSettings }
  | { readonly platform: "digitalocean"; readonly digitalocean: DigitalOceanSettings }
  | { readonly platform: "aws"; readonly aws: AwsSettings }
  | { readonly platform: "traefik"; readonly traefik: TraefikSettings }
  | { readonly platform: "cilium"; readonly cilium: CiliumSettings };

/** All mistakes of one configuration, one line each. */
export class SettingsError extends Error {
  /** `udp:aks.cluster.name: is missing: …`, in the order of the schema. */
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    const count = mistakes.length === 1 ? "1 mistake" : `${mistakes.length} mistakes`;
    super([`${count} in the stack's settings:`, ...mistakes.map((one) => `  ${one}`)].join("\n"));
    this.name = "SettingsError";
    this.mistakes = mistakes;
  }
}

/**
 * Validates a stack's configuration and fills in the defaults.
 *
 * @param config All values as Pulumi hands them over: `namespace:key` to text, maps as JSON.
 * @param namespace The project's name; keys of other namespaces (providers) are passed over.
 * @throws SettingsError listing every mistake with its path.
 */
export function parseSettings(
  config: Readonly<Record<string, string>>,
  namespace = "udp",
): Settings {
  const prefix = `${namespace}:`;
  const raw = Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), structured(value)]),
  );
  const result = schema.safeParse(raw);
  if (result.success) {
    return result.data;
  }
  throw new SettingsError(
    result.error.issues.flatMap((issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => line(prefix, [...issue.path, key], issue.message))
        : [line(prefix, issue.path, issue.message)],
    ),
  );
}

/** Maps and lists come as JSON text; anything else stays the text that it is. */
function structured(value: string): unknown {
  if (!/^\s*[[{]/.test(value)) {
    return value;
  }
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function line(prefix: string, path: readonly PropertyKey[], message: string): string {
  const place = path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
  return `${prefix}${place}: ${message}`;
}
