import { serve } from "../../provider/server.ts";
import { localProvider } from "./provider.ts";

await serve(localProvider);
