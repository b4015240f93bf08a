import { servePlugin } from "../plugin-main.ts";
import { azureNative } from "./index.ts";

await servePlugin(azureNative);
