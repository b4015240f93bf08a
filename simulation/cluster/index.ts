export { ApiServer, type ClusterTools } from "./api-server.ts";
export { GAME_SERVER_CRD } from "./game-server-crd.ts";
export { type Json, KubeClient, KubeError } from "./kube-client.ts";
export { clusterTools } from "./test-cluster.ts";
