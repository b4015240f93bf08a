import { Config } from "@pulumi/pulumi";
import { constructRemotely } from "./remote-library.ts";

/** One of the simulation's programs, or one beside this; with `remote` its components are the plugin's. */
const config = new Config();
if (config.getBoolean("remote")) {
  constructRemotely();
}
await import(config.require("program"));
