import type { Listed } from "./import-file.ts";
import { type PreviewStep, UNKNOWN } from "./preview-json.ts";

/** A document of a listing: what it holds is checked by whoever reads it. */
// biome-ignore lint/suspicious/noExplicitAny: three command-line tools' own shapes
type Json = any;

const inputsOf = ({ newState }: PreviewStep): Json => newState?.inputs ?? {};
const typeOf = ({ newState }: PreviewStep): string => newState?.type ?? "";
const logicalName = ({ urn }: PreviewStep): string => urn.split("::").at(-1) ?? "";
const same = (a: unknown, b: unknown): boolean =>
  String(a).toLowerCase() === String(b).toLowerCase();

/**
 * Reads a listing of what exists, by its shape:
 *
 * - `kubectl get … -o json`: a List of objects;
 * - `az resource list -o json` and `az role assignment list -o json`: an array of Azure resources;
 * - `GET /zones/{zone}/dns_records` of Cloudflare: `result`, whose zone the caller names.
 *
 * @param zone Identifier of the Cloudflare zone, for the last one.
 * @throws Error for anything else.
 */
export function readListing(document: Json, zone?: string): readonly Listed[] {
  if (document?.kind === "List" && Array.isArray(document.items)) {
    return document.items.map(kubernetesObject);
  }
  if (Array.isArray(document) && document.every(({ id }: Json) => /^\/subscriptions\//.test(id))) {
    return document.map(azureResource);
  }
  if (Array.isArray(document?.result)) {
    if (zone === undefined) {
      throw new Error("DNS records are imported by zone and record: name the zone's identifier");
    }
    return document.result.map((record: Json) => dnsRecord(record, zone));
  }
  throw new Error("neither a List of kubectl, nor resources of az, nor records of Cloudflare");
}

/** Source: Pulumi Kubernetes, "Import": `namespace/name`, or the name of what has no namespace. */
function kubernetesObject({ apiVersion, kind, metadata }: Json): Listed {
  const { name, namespace } = metadata;
  return {
    id: namespace === undefined ? name : `${namespace}/${name}`,
    matches: (step) => {
      const { metadata: wanted = {} } = inputsOf(step);
      const [, version = "", own] = typeOf(step).split(":");
      const autonamed = wanted.annotations?.["pulumi.com/autonamed"] === "true";
      return (
        // The core group's version is `v1`, and `core/v1` in type tokens.
        version === (apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`) &&
        own === kind &&
        (wanted.namespace === undefined || wanted.namespace === namespace) &&
        (autonamed ? hasRandomEnd(name, `${logicalName(step)}-`) : wanted.name === name)
      );
    },
  };
}

/** Azure resource types by those of Pulumi, and the input that holds the name. */
const AZURE: Readonly<Record<string, readonly [type: string, name: string]>> = {
  "azure-native:resources:ResourceGroup": [
    "Microsoft.Resources/resourceGroups",
    "resourceGroupName",
  ],
  "azure-native:network:PublicIPAddress": [
    "Microsoft.Network/publicIPAddresses",
    "publicIpAddressName",
  ],
  "azure-native:network:VirtualNetwork": [
    "Microsoft.Network/virtualNetworks",
    "virtualNetworkName",
  ],
  "azure-native:containerservice:ManagedCluster": [
    "Microsoft.ContainerService/managedClusters",
    "resourceName",
  ],
  "azure-native:managedidentity:UserAssignedIdentity": [
    "Microsoft.ManagedIdentity/userAssignedIdentities",
    "resourceName",
  ],
};
const ROLE_ASSIGNMENT = "azure-native:authorization:RoleAssignment";

/** Source: Pulumi Azure Native, "Import": the resource's own identifier. */
function azureResource({ id, name, type, principalId, roleDefinitionId }: Json): Listed {
  const last = (path: unknown): string => String(path).split("/").at(-1) ?? "";
  return {
    id,
    matches: (step) => {
      const inputs = inputsOf(step);
      if (typeOf(step) === ROLE_ASSIGNMENT) {
        return (
          same(type, "Microsoft.Authorization/roleAssignments") &&
          same(inputs.principalId, principalId) &&
          // Which role is known once its scope is: of several the person decides.
          (inputs.roleDefinitionId === UNKNOWN ||
            same(last(inputs.roleDefinitionId), last(roleDefinitionId)))
        );
      }
      const [azureType, property] = AZURE[typeOf(step)] ?? [];
      if (azureType === undefined || property === undefined || !same(type, azureType)) {
        return false;
      }
      const wanted = String(inputs[property]);
      const logical = logicalName(step);
      // Pulumi draws the end of a name that the program leaves out; another run draws another.
      return hasRandomEnd(wanted, logical) ? hasRandomEnd(name, logical) : same(wanted, name);
    },
  };
}

/** Source: Pulumi Cloudflare, `DnsRecord`, "Import": `<zone_id>/<dns_record_id>`. */
function dnsRecord({ id, name, type }: Json, zone: string): Listed {
  return {
    id: `${zone}/${id}`,
    matches: (step) => {
      const inputs = inputsOf(step);
      return (
        typeOf(step) === "cloudflare:index/dnsRecord:DnsRecord" &&
        inputs.zoneId === zone &&
        same(inputs.name, name) &&
        inputs.type === type
      );
    },
  };
}

/** True for `start` with the eight hexadecimal digits that Pulumi draws. */
function hasRandomEnd(name: string, start: string): boolean {
  return (
    name.toLowerCase().startsWith(start.toLowerCase()) &&
    /^[0-9a-f]{8}$/.test(name.slice(start.length))
  );
}
