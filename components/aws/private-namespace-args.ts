import type { Input } from "@pulumi/pulumi";
import { invalid } from "../endpoint/invalid.ts";

/** Where names inside a VPC are registered. Plain data. */
export interface AwsNamespace {
  /** Identifier in Cloud Map, such as `ns-0123456789abcdef`. */
  readonly namespaceId: string;
  /** What all its names end in, such as `backends.internal`. */
  readonly domain: string;
}

/** Names inside a VPC. */
export interface AwsPrivateNamespaceArgs {
  /** Network whose DNS knows the names; `enableDnsSupport` and `enableDnsHostnames` are on. */
  readonly vpcId: Input<string>;
  /**
   * What all names end in, two labels at least. Inside the VPC it hides a public domain of that
   * name, so `something.internal` is a good one (that top-level domain is kept for private use).
   */
  readonly domain: string;
  /** AWS tags of the namespace. */
  readonly tags?: Readonly<Record<string, string>>;
}

const DOMAIN =
  /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** @throws InputPropertyError naming the property. */
export function checkPrivateNamespaceArgs({
  domain,
}: Pick<AwsPrivateNamespaceArgs, "domain">): void {
  if (!DOMAIN.test(domain)) {
    invalid("domain", `"${domain}" is no domain: give one such as backends.internal`);
  }
}
