import { serve } from "../../../components/provider/server.ts";
import { clusterProvider } from "./index.ts";

/** The plugin that the engine starts; CLUSTER_HELM is the path of Helm. */
await serve(clusterProvider(process.env.CLUSTER_HELM ?? "helm"));
