import { Config } from "@pulumi/pulumi";
import { MetalLb, MetalLbAddressPool } from "../../../components/metallb/index.ts";

const config = new Config();
const metallb = new MetalLb("metallb", { chart: config.require("chart"), timeoutSeconds: 120 });
new MetalLbAddressPool("lan", {
  namespace: metallb.namespace,
  addresses: [config.require("pool")],
});
