import { type Output, secret } from "@pulumi/pulumi";
import type { Endpoint } from "pulumi-udp/endpoint";

/** What a platform's adapter gives back to the program; each becomes a stack output. */
export interface Deployed {
  /** The public endpoint of the workload; of several, the first. */
  readonly endpoint: Output<Endpoint>;
  /** All endpoints by name, where the platform may have several. */
  readonly endpoints?: Readonly<Record<string, Output<Endpoint>>>;
  /** URL of the endpoint directory, where the platform runs one. */
  readonly directory?: Output<string>;
  /** URL of the director's metrics: on AKS inside the cluster, as they are never public. */
  readonly metrics?: Output<string>;
  /** Ports of the routes by name, behind a gateway. */
  readonly ports?: Readonly<Record<string, Output<number>>>;
  /** Where images are pushed to, by name of the repository, on AWS. */
  readonly repositories?: Readonly<Record<string, Output<string>>>;
  /** Security group for backends of the services, on AWS. */
  readonly backendSecurityGroupId?: Output<string>;
  /** Names inside the VPC by name of the backend, on AWS. */
  readonly backendHostnames?: Readonly<Record<string, Output<string>>>;
}

/** Endpoints by name, of which there is one at least: the settings demand it. */
export function deployedEndpoints(
  endpoints: Readonly<Record<string, Output<Endpoint>>>,
): Required<Pick<Deployed, "endpoint" | "endpoints">> {
  const [endpoint] = Object.values(endpoints);
  if (endpoint === undefined) {
    throw new Error("a stack without an endpoint: its settings should have been refused");
  }
  return { endpoint, endpoints };
}

/** A director's variables as secrets: the settings arrive in the clear, whatever they were in the file. */
export function secretVariables({
  secretEnv,
}: {
  readonly secretEnv?: Readonly<Record<string, string>> | undefined;
}): { readonly secretEnv?: Readonly<Record<string, Output<string>>> } {
  return secretEnv === undefined
    ? {}
    : {
        secretEnv: Object.fromEntries(
          Object.entries(secretEnv).map(([name, value]) => [name, secret(value)]),
        ),
      };
}
