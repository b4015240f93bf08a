import type { SimulatedCloud } from "../simulated-cloud.ts";
import { compute } from "./compute.ts";
import { discovery } from "./discovery.ts";
import { functions } from "./functions.ts";
import { loadBalancing } from "./load-balancing.ts";
import { network } from "./network.ts";

const resources = [...network, ...loadBalancing, ...compute, ...discovery];

/** AWS: networks, network load balancers, addresses, instances, tasks on Fargate and their names. */
export const aws: SimulatedCloud = {
  name: "aws",
  sdk: "@pulumi/aws",
  throttling: {
    id: "aws-throttling",
    basis: "read",
    says: "A throttled call is made 25 times before it fails, with growing pauses (maxRetries).",
    source: "hashicorp/terraform-provider-aws website/docs/index.html.markdown max_retries",
    retries: 24,
  },
  resources: resources.map(({ shape }) => shape),
  models: resources.map(({ model }) => model),
  functions,
};
