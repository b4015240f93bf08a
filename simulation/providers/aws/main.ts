import { servePlugin } from "../plugin-main.ts";
import { aws } from "./index.ts";

await servePlugin(aws);
