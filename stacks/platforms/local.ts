import path from "node:path";
import { getStack } from "@pulumi/pulumi";
import { LocalEchoBackend, LocalEndpointDirectory, LocalUdpDirector } from "pulumi-udp/local";
import type { LocalSettings } from "../settings/index.ts";
import type { Deployed } from "./platform.ts";

const NAMESPACE = "local";
const RESOURCE_TYPE = "echo";

/**
 * On this machine what the cloud stacks deploy there: a director, two backends that differ in a
 * label, and the directory that tells clients where the director is.
 */
export function deployLocal(settings: LocalSettings): Deployed {
  const { address, ports, startTimeoutSeconds } = settings;
  const common = {
    address,
    startTimeoutSeconds,
    stateDir: path.resolve(import.meta.dirname, "../..", settings.stateDir, getStack()),
  };
  const listen = (name: keyof LocalSettings["ports"]) => ({
    port: ports[name],
    setting: `udp:local.ports.${name}`,
  });

  const backends = (["a", "b"] as const).map((version) => {
    const name = `echo-${version}`;
    const { port, setting } = listen(version === "a" ? "echoA" : "echoB");
    new LocalEchoBackend(name, { ...common, port, portSetting: setting, label: name });
    return {
      resourceType: RESOURCE_TYPE,
      namespace: NAMESPACE,
      name,
      labels: { version },
      address,
      ports: { udp: port },
    };
  });

  const director = new LocalUdpDirector("director", {
    ...common,
    queryPort: listen("query"),
    dataPort: listen("data"),
    metricsPort: listen("metrics"),
    config: {
      tokenTtlSeconds: settings.tokenTtlSeconds,
      sessionTimeoutSeconds: settings.sessionTimeoutSeconds,
      defaultEndpoint: {
        resourceType: RESOURCE_TYPE,
        namespace: NAMESPACE,
        labelSelector: { version: "a" },
      },
      resourceQueryMapping: {
        [RESOURCE_TYPE]: {
          group: "",
          version: "v1",
          resource: "pods",
          addressPath: "status.address",
          portName: "udp",
        },
      },
      discovery: { static: { resources: backends } },
    },
  });

  const directory = new LocalEndpointDirectory("directory", {
    ...common,
    port: listen("directory"),
    endpoints: [
      {
        name: "echo",
        endpoint: director.endpoint,
        region: "local",
        healthUrl: director.metrics.apply((url) => new URL("/readyz", url).href),
      },
    ],
  });

  return { endpoint: director.endpoint, directory: directory.url, metrics: director.metrics };
}
