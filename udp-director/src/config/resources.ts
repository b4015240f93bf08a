import { z } from "zod";
import { ipOrName, object, port, text, textMap } from "./fields.ts";
import { kubernetesSchema } from "./kubernetes.ts";

/** Keys of `status` that the director fills in itself from `address` and `ports`. */
const GENERATED_STATUS = ["address", "addresses", "podIP", "ports"] as const;

const status = z
  .record(z.string(), z.unknown(), { error: "expected a map of anything" })
  .superRefine((value, context) => {
    for (const key of GENERATED_STATUS) {
      if (key in value) {
        context.addIssue({
          code: "custom",
          path: [key],
          message: "filled in from the resource's own address and ports; remove it here",
        });
      }
    }
  });

/** One backend of static or file discovery. */
export const staticResourceSchema = object({
  resourceType: text("a key of resourceQueryMapping").describe(
    "Which entry of resourceQueryMapping reads this resource",
  ),
  namespace: text("a namespace").describe("Namespace that queries name"),
  name: text("a name").describe("Unique within type and namespace; appears in logs"),
  labels: textMap("label to text").default({}).describe("Matched by labelSelector"),
  annotations: textMap("annotation to text").default({}).describe("Matched by annotationSelector"),
  address: ipOrName().describe(
    "IP address or DNS name of the backend; a name is resolved at load and refreshed",
  ),
  ports: z
    .record(z.string().min(1), port(), { error: "expected a map of port name to port" })
    .refine((ports) => Object.keys(ports).length > 0, "expected at least one port")
    .describe("Port name to port of the backend"),
  status: status.default({}).describe("Anything that statusQuery should see below `status`"),
});

/** A list of backends: `discovery.static.resources`, or the content of the discovery file. */
export const resourceListSchema = z
  .array(staticResourceSchema, { error: "expected a list of resources" })
  .superRefine((resources, context) => {
    const seen = new Set<string>();
    for (const [index, resource] of resources.entries()) {
      const key = `${resource.resourceType}/${resource.namespace}/${resource.name}`;
      if (seen.has(key)) {
        context.addIssue({
          code: "custom",
          path: [index, "name"],
          message: `${key} is listed twice; names are unique within type and namespace`,
        });
      }
      seen.add(key);
    }
  });

/** Content of a discovery file: `{resources: [...]}` or the bare list. */
export const resourceFileSchema = z.preprocess(
  (value) => (Array.isArray(value) ? { resources: value } : value),
  object({ resources: resourceListSchema }),
);

/** Where backends come from: `static`, `file`, `kubernetes`, or several (the lists are joined). */
export const discoverySchema = object({
  static: object({
    resources: resourceListSchema.describe("Backends, written in the configuration itself"),
  })
    .optional()
    .describe("Backends that change only with the configuration"),
  file: object({
    path: text("a file path").describe("YAML or JSON file with `resources: [...]`"),
    pollSeconds: z
      .number({ error: "expected seconds 0.05..3600" })
      .min(0.05, "expected seconds 0.05..3600")
      .max(3600, "expected seconds 0.05..3600")
      .default(1)
      .describe("Seconds between looks at the file; symlink swaps are seen"),
  })
    .optional()
    .describe("Backends in a file of their own, read again whenever it changes"),
  kubernetes: kubernetesSchema
    .optional()
    .describe("Backends that the Kubernetes API has, watched and kept in memory"),
  dnsRefreshSeconds: z
    .number({ error: "expected seconds 0.1..86400" })
    .min(0.1, "expected seconds 0.1..86400")
    .max(86400, "expected seconds 0.1..86400")
    .default(30)
    .describe("Seconds between resolutions of DNS names in `address`"),
});

/** A backend after validation, defaults filled in. */
export type StaticResource = z.output<typeof staticResourceSchema>;
export type DiscoveryConfig = z.output<typeof discoverySchema>;
