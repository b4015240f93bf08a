import { Service as DiscoveryService } from "@pulumi/aws/servicediscovery/service.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import { type AwsFargateBackendArgs, checkFargateBackendArgs } from "./fargate-backend-args.ts";
import { fargateService } from "./fargate-task.ts";
import { tagged } from "./names.ts";

/** Seconds that clients may go on with an address of a task that is gone. */
const TTL = 10;

/**
 * A workload as tasks on Fargate that other workloads find by name inside the VPC, without a load
 * balancer: its name has the addresses of all tasks that work, eight of them at most in an answer.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-discovery.html
 */
export class AwsFargateBackend extends ComponentResource {
  /** Its name in the VPC's DNS, such as `http-app.backends.internal`. */
  readonly hostname: Output<string>;
  /** Name of the ECS service. */
  readonly serviceName: Output<string>;
  /** Name of the log group of the tasks. */
  readonly logGroupName: Output<string>;
  /** Role of the workload itself, which has no rights yet. */
  readonly taskRoleName: Output<string>;

  /**
   * @param name Unique among the program's components; children are named `<name>-service`,
   * `<name>-task`, `<name>-name` and so on.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: AwsFargateBackendArgs, opts?: ComponentResourceOptions) {
    const { hostname = name } = args;
    const checked = checkFargateBackendArgs({ ...args, hostname });
    super("pulumi-udp:aws:AwsFargateBackend", name, {}, opts);

    const namespace = output(args.namespace);
    const registry = new DiscoveryService(
      `${name}-name`,
      {
        name: hostname,
        dnsConfig: {
          namespaceId: namespace.namespaceId,
          dnsRecords: [{ type: "A", ttl: TTL }],
          routingPolicy: "MULTIVALUE",
        },
        // With it ECS tells which tasks work, and only those get into answers. An empty block is
        // dropped on its way to AWS without a word, so the one number stands here, though AWS
        // takes no other: https://github.com/pulumi/pulumi-aws/issues/6289
        healthCheckCustomConfig: { failureThreshold: 1 },
        // ECS takes tasks out of the registry a while after they ended. Until then AWS refuses
        // to delete it: https://github.com/hashicorp/terraform-provider-aws/issues/4853
        forceDestroy: true,
        tags: tagged(name, args.tags),
      },
      { parent: this },
    );
    const ports = args.ports.map(({ port, protocol }) => ({ targetPort: port, protocol }));
    const { service, logs, taskRole } = fargateService(this, name, {
      args,
      checked,
      container: { name: "backend", ports, healthCommand: args.healthCommand },
      wiring: {
        securityGroupId: args.securityGroupId,
        serviceRegistries: { registryArn: registry.arn },
      },
    });
    this.hostname = namespace.domain.apply((domain) => `${hostname}.${domain}`);
    this.serviceName = service.name;
    this.logGroupName = logs.name;
    this.taskRoleName = taskRole.name;
    this.registerOutputs({
      hostname: this.hostname,
      serviceName: this.serviceName,
      logGroupName: this.logGroupName,
      taskRoleName: this.taskRoleName,
    });
  }
}
