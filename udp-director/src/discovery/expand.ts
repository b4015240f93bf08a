import type { StaticResource } from "../config/resources.ts";
import type { Resource } from "../selection/resource.ts";

/**
 * A written-down backend as the Kubernetes-shaped object that mappings read. Address and ports
 * stand where pods and Agones game servers have them: `status.address`, `status.podIP`,
 * `status.addresses[]` (types PodIP and InternalIP) and `status.ports[]`.
 */
export function expandResource(resource: StaticResource, address: string): Resource {
  const { name, namespace, labels, annotations } = resource;
  return {
    metadata: { name, namespace, labels, annotations },
    status: {
      ...resource.status,
      address,
      podIP: address,
      addresses: ["PodIP", "InternalIP"].map((type) => ({ type, address })),
      ports: Object.entries(resource.ports).map(([portName, port]) => ({ name: portName, port })),
    },
  };
}
