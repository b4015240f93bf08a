import { servePlugin } from "../plugin-main.ts";
import { kubernetes } from "./index.ts";

await servePlugin(kubernetes);
