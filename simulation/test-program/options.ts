import * as aws from "@pulumi/aws/provider.js";
import * as azure from "@pulumi/azure-native/provider.js";
import * as cloudflare from "@pulumi/cloudflare/provider.js";
import * as digitalocean from "@pulumi/digitalocean/provider.js";
import * as kubernetes from "@pulumi/kubernetes/provider.js";
import { mergeOptions, type ResourceTransform } from "@pulumi/pulumi";
import { everyComponent } from "./every-component.ts";

/** Every component with the options that a program may give it. */
const providers = [
  new aws.Provider("given-aws", { region: "us-east-2" }),
  new azure.Provider("given-azure", {}),
  new cloudflare.Provider("given-cloudflare", {}),
  new digitalocean.Provider("given-digitalocean", {}),
  new kubernetes.Provider("given-kubernetes", {}),
];
const kept: ResourceTransform = ({ props, opts }) => ({
  props,
  opts: mergeOptions(opts, { retainOnDelete: true }),
});
for (const [name, construct] of Object.entries(everyComponent)) {
  construct(name.toLowerCase(), { providers, protect: true, transforms: [kept] });
}
