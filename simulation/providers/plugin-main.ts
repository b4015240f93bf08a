import { serve } from "../../components/provider/server.ts";
import { fileStore } from "../cloud/store.ts";
import { providerFactory, type SimulatedCloud } from "./simulated-cloud.ts";

/** Serves a simulated cloud as a plugin, on the world that SIMULATION_STATE names. */
export async function servePlugin(cloud: SimulatedCloud): Promise<void> {
  const folder = process.env.SIMULATION_STATE;
  if (folder === undefined || folder === "") {
    throw new Error(
      `The simulated ${cloud.name} plugin needs SIMULATION_STATE, the folder of its world.`,
    );
  }
  const factory = await providerFactory(cloud, { store: fileStore(folder) });
  await serve(factory());
}
