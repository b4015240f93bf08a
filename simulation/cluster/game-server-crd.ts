/**
 * The Agones GameServer, as small as the API server takes it: any field, no status subresource,
 * so that a test writes the status as Agones' own controller would.
 * Source: https://agones.dev/site/docs/reference/gameserver/
 */
export const GAME_SERVER_CRD = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "gameservers.agones.dev" },
  spec: {
    group: "agones.dev",
    scope: "Namespaced",
    names: { plural: "gameservers", singular: "gameserver", kind: "GameServer" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        },
      },
    ],
  },
} as const;
