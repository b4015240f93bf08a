import type { Properties } from "../../../components/provider/index.ts";
import { listOf, mapOf, textOf, valueAt } from "../../cloud/paths.ts";

/** What an awaited object has come to: ready, or why it is not, in the provider's words. */
export type Readiness = true | readonly string[];

/**
 * Whether an object is what its provider waits for. Other kinds are ready when they are there.
 * Source: pulumi/pulumi-kubernetes provider/pkg/await/{deployment,daemonset,statefulset,service}.go.
 *
 * @param endpoints EndpointSlices of a Service; of no meaning for other kinds.
 */
export function readiness(object: Properties, endpoints: readonly Properties[]): Readiness {
  switch (`${object.apiVersion}/${object.kind}`) {
    case "apps/v1/Deployment":
      return deployment(object);
    case "apps/v1/StatefulSet":
      return replicas(object, "readyReplicas", Number(valueAt(object, "spec.replicas") ?? 1));
    case "apps/v1/DaemonSet":
      return daemonSet(object);
    case "v1/Service":
      return service(object, endpoints);
    case "v1/Pod":
      return condition(object, "Ready") === "True" || ["the pod is not ready"];
    case "apiextensions.k8s.io/v1/CustomResourceDefinition":
      return condition(object, "Established") === "True" || ["the definition is not established"];
    default:
      return true;
  }
}

function condition(object: Properties, type: string, field = "status"): string | undefined {
  const found = listOf(valueAt(object, "status.conditions")).find(
    (one) => valueAt(one, "type") === type,
  );
  return textOf(valueAt(found, field));
}

const observed = (object: Properties): boolean =>
  Number(valueAt(object, "status.observedGeneration") ?? 0) >=
  Number(valueAt(object, "metadata.generation") ?? 0);

function deployment(object: Properties): Readiness {
  const progress = condition(object, "Progressing", "reason") === "NewReplicaSetAvailable";
  const available = condition(object, "Available") === "True";
  if (observed(object) && progress && available) return true;
  return [
    condition(object, "Progressing", "message") ?? "the roll-out has not begun",
    ...(available ? [] : ["minimum number of live pods was not attained"]),
  ];
}

function replicas(object: Properties, field: string, wanted: number): Readiness {
  const ready = Number(valueAt(object, `status.${field}`) ?? 0);
  const updated = Number(valueAt(object, "status.updatedReplicas") ?? 0);
  return (
    (observed(object) && ready >= wanted && updated >= wanted) || [
      `${ready} of ${wanted} replicas are ready, ${updated} updated`,
    ]
  );
}

function daemonSet(object: Properties): Readiness {
  const status = mapOf(object.status);
  const wanted = Number(status.desiredNumberScheduled ?? 0);
  const [ready, updated] = [status.numberAvailable, status.updatedNumberScheduled].map((value) =>
    Number(value ?? 0),
  );
  return (
    (observed(object) && ready === wanted && updated === wanted) || [
      `${ready} of ${wanted} pods are available, ${updated} updated`,
    ]
  );
}

/** An address where one is to come, and a ready pod unless nobody chooses pods. */
function service(object: Properties, endpoints: readonly Properties[]): Readiness {
  const type = textOf(valueAt(object, "spec.type")) ?? "ClusterIP";
  const ingress = listOf(valueAt(object, "status.loadBalancer.ingress"));
  const selects = Object.keys(mapOf(valueAt(object, "spec.selector"))).length > 0;
  const headless = valueAt(object, "spec.clusterIP") === "None";
  const wantsPods = selects && !headless && type !== "ExternalName";
  const ready = endpoints
    .flatMap((slice) => listOf(slice.endpoints))
    .some((endpoint) => valueAt(endpoint, "conditions.ready") !== false);
  const missing = [
    ...(wantsPods && !ready
      ? [
          "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match labels on any Pods",
        ]
      : []),
    ...(type === "LoadBalancer" && ingress.length === 0
      ? ["Service was not allocated an IP address; does your cloud provider support this?"]
      : []),
  ];
  return missing.length === 0 || missing;
}
