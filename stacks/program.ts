import { InputPropertiesError, InputPropertyError, RunError, runtime } from "@pulumi/pulumi";
import type { Deployed } from "./platforms/platform.ts";
import { parseSettings, type Settings, SettingsError } from "./settings/index.ts";

/** Loads one platform only: a stack on this machine never loads a cloud's SDK. */
async function deploy(settings: Settings): Promise<Deployed> {
  switch (settings.platform) {
    case "local":
      return (await import("./platforms/local.ts")).deployLocal(settings.local);
    case "aks":
      return (await import("./platforms/aks.ts")).deployAks(settings.aks);
    case "metallb":
      return (await import("./platforms/metallb.ts")).deployMetalLb(settings.metallb);
    case "digitalocean":
      return (await import("./platforms/digitalocean.ts")).deployDigitalOcean(
        settings.digitalocean,
      );
    case "aws":
      return (await import("./platforms/aws.ts")).deployAws(settings.aws);
    case "traefik":
      return (await import("./platforms/traefik.ts")).deployTraefik(settings.traefik);
    case "cilium":
      return (await import("./platforms/cilium.ts")).deployCilium(settings.cilium);
  }
}

/** A mistake of the person who wrote the settings is told in words, without a stack trace. */
function told(error: unknown): unknown {
  if (error instanceof SettingsError) {
    return new RunError(error.message);
  }
  if (InputPropertyError.isInstance(error)) {
    return new RunError(`${error.propertyPath}: ${error.reason}`);
  }
  if (InputPropertiesError.isInstance(error)) {
    return new RunError(error.message);
  }
  return error;
}

/**
 * Runs the program for the stack's settings.
 *
 * @returns The stack's outputs; what a platform does not have is not there.
 */
export async function program(): Promise<Deployed> {
  try {
    return await deploy(parseSettings(runtime.allConfig()));
  } catch (error) {
    throw told(error);
  }
}
