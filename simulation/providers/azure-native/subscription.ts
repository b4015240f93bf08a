import type { Properties } from "../../../components/provider/index.ts";
import type { ResourceModel } from "../../cloud/model.ts";
import { CLOUD, subscriptionOf } from "./resource-ids.ts";

/** What all resources of a subscription have in common. */
export const inSubscription: Pick<ResourceModel, "cloud" | "scope" | "deleteBeforeReplace"> = {
  cloud: CLOUD,
  scope: (_inputs, _config, world) => subscriptionOf(world),
  deleteBeforeReplace: () => false,
};

/** Inputs with the provider's location, where they have none of their own. */
export const withLocation = (inputs: Properties, config: Properties): Properties =>
  inputs.location === undefined && config.location !== undefined
    ? { ...inputs, location: config.location }
    : inputs;
