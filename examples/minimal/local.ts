import { Config } from "@pulumi/pulumi";
import { LocalEchoBackend } from "pulumi-udp/local";

const echo = new LocalEchoBackend("echo", {
  stateDir: new Config().require("stateDir"), // an absolute path
  port: new Config().getNumber("port") ?? 9101,
  portSetting: "the setting `port`",
  label: "a",
});
export const { address, port } = echo;
