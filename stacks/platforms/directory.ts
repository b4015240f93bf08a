import type { Provider } from "@pulumi/kubernetes/provider.js";
import { interpolate, type Output, secret } from "@pulumi/pulumi";
import { EndpointDirectory } from "pulumi-udp/discovery";
import type { Endpoint, PortArgs } from "pulumi-udp/endpoint";
import type { DirectorySettings } from "../settings/index.ts";

/** The directory of a stack: its endpoints by name, on a cluster. */
export function deployDirectory(
  { region, token, health, ...settings }: DirectorySettings,
  endpoints: Readonly<Record<string, Output<Endpoint>>>,
  provider: Provider,
): EndpointDirectory {
  const { image, namespace, ttlSeconds, allowOrigin } = settings;
  return new EndpointDirectory(
    "directory",
    {
      ...{ image, namespace, ttlSeconds, allowOrigin },
      ...(token === undefined ? {} : { token: secret(token) }),
      endpoints: Object.entries(endpoints).map(([name, endpoint]) => ({
        ...{ name, endpoint },
        ...(region === undefined ? {} : { region }),
        ...(health[name] === undefined ? {} : { health: health[name] }),
      })),
    },
    { provider },
  );
}

/** The directory's port under the number that clients use, for a load balancer. */
export const directoryPorts = ({ ports }: EndpointDirectory, publicPort: number): PortArgs[] =>
  ports.map(({ port, ...rest }) => ({ ...rest, port: publicPort, targetPort: port }));

/** URL of the list on an address. */
export const directoryUrl = ({ addresses }: Output<Endpoint>, publicPort: number): Output<string> =>
  interpolate`http://${addresses.apply(([first = ""]) => (first.includes(":") ? `[${first}]` : first))}:${publicPort}/v1/endpoints`;
