import type { World } from "../../simulation/cloud/world.ts";

/** What the command-line tools of the clouds would list of a world, a document a tool. */
export function listings({ objects }: World): {
  readonly documents: readonly object[];
  readonly zone: string;
} {
  const of = (cloud: string) => objects.filter((object) => object.cloud === cloud);
  const [record] = of("cloudflare");
  return {
    zone: String(record?.inputs.zoneId),
    documents: [
      // kubectl get … -o json
      {
        kind: "List",
        items: of("kubernetes").map(({ inputs }) => ({
          apiVersion: inputs.apiVersion,
          kind: inputs.kind,
          metadata: inputs.metadata,
        })),
      },
      // az group list, az resource list, az role assignment list
      of("azure-native").map(({ id, inputs }) => ({
        id,
        name: id.split("/").at(-1),
        type: azureType(id),
        principalId: inputs.principalId,
        roleDefinitionId: inputs.roleDefinitionId,
      })),
      // GET /zones/{zone}/dns_records
      {
        result: of("cloudflare").map(({ id, inputs }) => ({
          id,
          name: inputs.name,
          type: inputs.type,
        })),
      },
    ],
  };
}

/** `Microsoft.Network/publicIPAddresses`, of the identifier's last provider; a group has none. */
function azureType(id: string): string {
  const [, provider] = /.*\/providers\/([^/]+\/[^/]+)\/[^/]+$/.exec(id) ?? [];
  return provider ?? "Microsoft.Resources/resourceGroups";
}
