import { serve } from "../../provider/server.ts";
import { configMapStore } from "../ports/config-map-store.ts";
import { portsProvider } from "./provider.ts";

await serve(portsProvider(configMapStore()));
