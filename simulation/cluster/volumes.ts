import path from "node:path";
import { type ClusterPlan, FILES } from "./machine/plan.ts";

/** Volumes on the first node, for claims that name no class. */
export function volumes(plan: ClusterPlan) {
  return plan.nodes.slice(0, 1).flatMap(({ name }) =>
    FILES.volumes(name).map((folder) => ({
      ...{ apiVersion: "v1", kind: "PersistentVolume" },
      metadata: { name: `${name}-${path.basename(folder)}` },
      spec: {
        accessModes: ["ReadWriteOnce"],
        capacity: { storage: "1Gi" },
        local: { path: path.join(plan.folder, folder) },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              {
                matchExpressions: [
                  { key: "kubernetes.io/hostname", operator: "In", values: [name] },
                ],
              },
            ],
          },
        },
        persistentVolumeReclaimPolicy: "Retain",
      },
    })),
  );
}
