import type { ResourceRule } from "./rule.ts";
import { at, isMissing, mapOf, textOf, UNKNOWN } from "./values.ts";

/** With and without an API version in the token. */
export const AZURE_ADDRESS = /^azure-native(_network_v\w+)?:network(\/v\w+)?:PublicIPAddress$/;

/** kubernetes-sigs/cloud-provider-azure, pkg/consts: tags that the cloud controller reads as its own. */
const RESERVED_TAGS: readonly string[] = [
  "k8s-azure-cluster-name",
  "k8s-azure-dns-label-service",
  "k8s-azure-service",
  "kubernetes-cluster-name",
  "kubernetes-dns-label-service",
  "service",
];

const standardAndStatic: ResourceRule = {
  name: "udp-azure-address-standard-static",
  level: "mandatory",
  levelReason: "a Standard load balancer refuses any other address, and a dynamic one changes",
  trap: 3,
  refuses: "An Azure public IP address is not of a Standard SKU, or not static.",
  wayOut: 'Set `sku: { name: "Standard" }` and `publicIPAllocationMethod: "Static"`.',
  types: AZURE_ADDRESS,
  faults: ({ props }) => {
    const sku = at(props, "sku.name");
    const method = props.publicIPAllocationMethod;
    return [
      ...(sku === UNKNOWN || /^standard/i.test(textOf(sku))
        ? []
        : [`its SKU is ${isMissing(sku) ? "left out" : textOf(sku)}`]),
      ...(method === UNKNOWN || /^static$/i.test(textOf(method))
        ? []
        : [`its allocation method is ${isMissing(method) ? "left out" : textOf(method)}`]),
    ];
  },
};

const reservedTag: ResourceRule = {
  name: "udp-azure-address-reserved-tag",
  level: "mandatory",
  levelReason: "the controller deletes the address together with the Service",
  trap: 5,
  refuses: "An Azure public IP address has a tag that the cloud controller takes for its own.",
  wayOut: "Use another key, such as `app`, and except addresses from tagging policies.",
  types: AZURE_ADDRESS,
  // Azure compares names of tags without case.
  faults: ({ props }) =>
    Object.keys(mapOf(props.tags))
      .filter((key) => RESERVED_TAGS.includes(key.toLowerCase()))
      .map((key) => `the tag "${key}" hands the address to the cloud controller of AKS`),
};

export const azureAddressRules = [standardAndStatic, reservedTag];
