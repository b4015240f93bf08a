import type { SimulatedCloud } from "../simulated-cloud.ts";
import { compute } from "./compute.ts";
import { functions } from "./functions.ts";
import { loadBalancing } from "./load-balancing.ts";
import { network } from "./network.ts";

export const resources = [...network, ...loadBalancing, ...compute];

/** AWS: networks, network load balancers, addresses, instances, and tasks on Fargate. */
export const aws: SimulatedCloud = {
  name: "aws",
  sdk: "@pulumi/aws",
  resources: resources.map(({ shape }) => shape),
  models: resources.map(({ model }) => model),
  functions,
};
