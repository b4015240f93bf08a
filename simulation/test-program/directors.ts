import * as pulumi from "@pulumi/pulumi";
import { UdpDirector, ValkeyStore } from "pulumi-udp/director";

/** A director whose store changes during its life. */
const config = new pulumi.Config();
const store = config.get("store") ?? "memory";
const base = {
  resourceQueryMapping: {
    room: {
      ...{ group: "", version: "v1", resource: "pods" },
      ...{ addressPath: "status.podIP", portName: "udp" },
    },
  },
  discovery: { kubernetes: { namespaces: ["edge"] } },
};
const journal = { kind: "journal", journal: { path: "/var/lib/udp-director/journal" } } as const;
const valkey =
  store === "redis"
    ? new ValkeyStore("sessions", { password: "s3cret", namespace: "edge" })
    : undefined;

new UdpDirector("director", {
  namespace: "edge",
  image: "registry.example.com/udp-director:1",
  config: store === "journal" ? { ...base, store: journal } : base,
  monitoring: {},
  ...(valkey === undefined ? {} : { redisUrl: valkey.url }),
});
