/** How backends of a configuration's list are read: their address, and the port named `udp`. */
export const podMapping = {
  ...{ group: "", version: "v1", resource: "pods" },
  ...{ addressPath: "status.address", portName: "udp" },
} as const;
