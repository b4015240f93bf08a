import path from "node:path";
import { LocalEchoBackend, LocalEndpointDirectory, LocalUdpDirector } from "pulumi-udp/local";

const stateDir = path.resolve(".local");
new LocalEchoBackend("echo", { stateDir, port: 5000, portSetting: "port of echo", label: "echo" });
const director = new LocalUdpDirector("director", {
  stateDir,
  queryPort: { port: 9000, setting: "queryPort" },
  dataPort: { port: 7777, setting: "dataPort" },
  metricsPort: { port: 9090, setting: "metricsPort" },
  config: {
    resourceQueryMapping: {
      echo: {
        group: "",
        version: "v1",
        resource: "pods",
        addressPath: "status.address",
        portName: "udp",
      },
    },
    defaultEndpoint: { resourceType: "echo", namespace: "local" },
    discovery: {
      static: {
        resources: [
          {
            resourceType: "echo",
            namespace: "local",
            name: "echo",
            address: "127.0.0.1",
            ports: { udp: 5000 },
          },
        ],
      },
    },
  },
});
const directory = new LocalEndpointDirectory("directory", {
  stateDir,
  port: { port: 8080, setting: "port of the directory" },
  endpoints: [{ name: "echo", endpoint: director.endpoint }],
});
export const url = directory.url;
export const endpoint = director.endpoint;
