import { Config } from "@pulumi/pulumi";
import { CiliumAddressPool } from "../../../components/cilium/index.ts";
import {
  MetalLbAddressPool,
  MetalLbUdpLoadBalancer,
  Protocol,
} from "../../../components/metallb/index.ts";

/** One mistake, which `mistake` names, on a cluster where `program` is up. */
const config = new Config();
const namespace = "metallb-system";
// Nobody waits for ten minutes here.
const soon = {
  transforms: [
    ({ props, opts }: { props: object; opts: object }) => ({
      props,
      opts: { ...opts, customTimeouts: { create: "10s" } },
    }),
  ],
};
const mistakes: Readonly<Record<string, () => void>> = {
  /** Overlaps with the pool that is there. */
  pool: () => {
    new MetalLbAddressPool("other", { namespace, addresses: [config.require("pool")] });
  },
  /** Addresses that nobody has, which the account may not make a pool of. */
  permission: () => {
    new MetalLbAddressPool("mine", { namespace, addresses: ["198.51.100.0/28"] });
  },
  /** Of a network that this cluster does not have. */
  definition: () => {
    new CiliumAddressPool("home", { addresses: ["198.51.100.0/28"] });
  },
  /** Of the director. */
  address: () => {
    const lb = {
      ...{ namespace: "games", selector: { app: "echo" } },
      addresses: [config.require("address")],
      ports: [{ name: "udp", port: 8000, protocol: Protocol.Udp }],
    };
    new MetalLbUdpLoadBalancer("taken", lb, soon);
  },
};
mistakes[config.require("mistake")]?.();
