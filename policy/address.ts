import { AZURE_ADDRESS } from "./azure.ts";
import type { ResourceRule } from "./rule.ts";

const OTHERS = /^(aws:ec2\/eip:Eip|digitalocean:index\/reservedIp:ReservedIp)$/;

/** An address that clients know. */
export const staticAddressProtected: ResourceRule = {
  name: "udp-address-protected",
  level: "advisory",
  levelReason: "environments that come and go may lose their address",
  trap: 3,
  refuses: "A static address on Azure, AWS or DigitalOcean is not protected.",
  wayOut: "Set the resource option `protect: true`; `pulumi state unprotect` takes it off again.",
  types: new RegExp(`${AZURE_ADDRESS.source}|${OTHERS.source}`),
  faults: ({ protect }) =>
    protect ? [] : ["a destroy or a replacement gives the address away for good"],
};
