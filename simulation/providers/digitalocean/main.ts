import { servePlugin } from "../plugin-main.ts";
import { digitalocean } from "./index.ts";

await servePlugin(digitalocean);
