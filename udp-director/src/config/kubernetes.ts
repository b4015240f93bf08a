import { z } from "zod";
import { listOf, object, text, whole } from "./fields.ts";

const NAMESPACE = "expected a namespace: 1..63 of a-z, 0-9 and -, such as game-servers";

/** Backends that the Kubernetes API has: every mapped type, in these namespaces and no others. */
export const kubernetesSchema = object({
  namespaces: listOf(
    z.string({ error: NAMESPACE }).regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, NAMESPACE),
    "namespace",
  )
    .refine((names) => new Set(names).size === names.length, "a namespace is listed twice")
    .describe("Namespaces that are watched; queries for others find nothing"),
  kubeconfig: text("a file path")
    .optional()
    .describe("Kubeconfig file (left out: the pod's service account, else `$KUBECONFIG`)"),
  resyncSeconds: whole(10, 86_400, "seconds")
    .default(600)
    .describe("Seconds after which a list is read anew although its watch goes on"),
});

export type KubernetesConfig = z.output<typeof kubernetesSchema>;
