import { servePlugin } from "../plugin-main.ts";
import { cloudflare } from "./index.ts";

await servePlugin(cloudflare);
