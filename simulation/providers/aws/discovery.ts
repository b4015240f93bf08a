import { hex } from "../../cloud/identifiers.ts";
import type { BridgedResource } from "../bridged.ts";
import * as rules from "./discovery-rules.ts";
import { arn, resource } from "./names.ts";
import { T, texts } from "./objects.ts";

/** Names inside a VPC. */
export const discovery: readonly BridgedResource[] = [
  resource({
    type: T.namespace,
    file: "servicediscovery/privateDnsNamespace",
    rules: [rules.namespaceTaken, rules.namesResolve, rules.registryInUse],
    immutable: rules.namespaceImmutable,
    id: ({ name }, _scope, world) => `ns-${hex(16, String(name), world.serial)}`,
    computed: ["arn", "hostedZone"],
    outputs: ({ id, scope }) => ({
      arn: arn("servicediscovery", scope, `namespace/${id}`),
      hostedZone: `Z${hex(20, id).toUpperCase()}`,
    }),
  }),
  resource({
    type: T.registry,
    file: "servicediscovery/service",
    rules: [rules.registryTaken, rules.healthIsTold, rules.registryInUse],
    immutable: rules.registryImmutable,
    id: ({ name }, _scope, world) => `srv-${hex(16, String(name), world.serial)}`,
    computed: ["arn"],
    outputs: ({ id, inputs, scope }) => ({
      arn: arn("servicediscovery", scope, `service/${id}`),
      namespaceId: rules.namespaceOf(inputs) ?? "",
    }),
    uses: (inputs) => texts(rules.namespaceOf(inputs)),
  }),
];
