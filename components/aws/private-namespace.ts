import { PrivateDnsNamespace } from "@pulumi/aws/servicediscovery/privateDnsNamespace.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import { tagged } from "./names.ts";
import {
  type AwsNamespace,
  type AwsPrivateNamespaceArgs,
  checkPrivateNamespaceArgs,
} from "./private-namespace-args.ts";

/**
 * A namespace of Cloud Map: names that the DNS of one VPC knows and nobody else. Plain DNS, so that
 * any client finds what is registered; names of ECS Service Connect are known only to tasks that
 * run its proxy, which carries no UDP. It costs what a hosted zone of Route 53 costs.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-discovery.html
 */
export class AwsPrivateNamespace extends ComponentResource {
  /** The namespace, for what is registered in it. */
  readonly namespace: Output<AwsNamespace>;

  /**
   * @param name Unique among the program's components; the child is named `<name>-namespace`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: AwsPrivateNamespaceArgs, opts?: ComponentResourceOptions) {
    const { domain, vpcId } = args;
    checkPrivateNamespaceArgs(args);
    super("pulumi-udp:aws:AwsPrivateNamespace", name, {}, opts);
    const { id } = new PrivateDnsNamespace(
      `${name}-namespace`,
      { name: domain, vpc: vpcId, tags: tagged(name, args.tags) },
      { parent: this },
    );
    this.namespace = output({ namespaceId: id, domain });
    this.registerOutputs({ namespace: this.namespace });
  }
}
