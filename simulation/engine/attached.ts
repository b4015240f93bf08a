import { listen } from "../../components/provider/server.ts";
import type { Store } from "../cloud/store.ts";
import { simulatedClouds } from "../providers/index.ts";
import { providerFactory } from "../providers/simulated-cloud.ts";

/** Simulated clouds that run in this process. */
export interface AttachedClouds {
  /** Environment of an engine that is to use them. */
  readonly env: Readonly<Record<string, string>>;
  close(): void;
}

/**
 * Serves the simulated clouds from this process, for as many commands of an engine as there are:
 * starting a plugin takes longer than all that most commands ask of it. The engine finds them by
 * PULUMI_DEBUG_PROVIDERS, and starts its own plugins for all others.
 *
 * @param except Names of providers that the engine starts as plugins.
 */
export async function attachClouds(
  store: Store,
  except: readonly string[] = [],
): Promise<AttachedClouds> {
  const served = await Promise.all(
    simulatedClouds
      .filter(({ name }) => !except.includes(name))
      .map(async (cloud) => {
        let factory: ReturnType<typeof providerFactory> | undefined;
        const server = await listen(async () => {
          factory ??= providerFactory(cloud, { store });
          return (await factory)();
        });
        return { name: cloud.name, server };
      }),
  );
  const ports = served.map(({ name, server }) => `${name}:${server.port}`);
  return {
    env: { PULUMI_DEBUG_PROVIDERS: ports.join(",") },
    close: () => {
      for (const { server } of served) server.close();
    },
  };
}
