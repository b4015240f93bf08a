import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import type { Input } from "@pulumi/pulumi";
import { RESTRICTED_CONTAINER } from "../../components/kubernetes/restricted.ts";

/**
 * A backend that answers on UDP port 8000 with its label in front; for test programs.
 *
 * @param node Name of the node that it stays on. Left out: any.
 */
export function echoBackend(
  image: string,
  namespace: Input<string>,
  version: string,
  node?: string,
): Deployment {
  const labels = { app: "echo", version };
  return new Deployment(`echo-${version}`, {
    metadata: { namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          ...(node === undefined ? {} : { nodeSelector: { "kubernetes.io/hostname": node } }),
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "echo",
              image,
              args: ["echo", "--host", "0.0.0.0", "--port", "8000", "--label", `echo-${version}`],
              ports: [{ name: "udp", containerPort: 8000, protocol: "UDP" }],
              securityContext: RESTRICTED_CONTAINER,
            },
          ],
        },
      },
    },
  });
}
