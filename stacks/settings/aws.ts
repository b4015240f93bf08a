import { Exposure, Protocol } from "pulumi-udp/endpoint";
import { z } from "zod";
import { checkBackendPorts } from "../../components/aws/backend-ports.ts";
import { checkFargateBackendArgs } from "../../components/aws/fargate-backend-args.ts";
import { checkFargateRelayArgs } from "../../components/aws/fargate-relay-args.ts";
import { checkInstanceRelayArgs } from "../../components/aws/instance-relay-args.ts";
import { checkLoadBalancerArgs } from "../../components/aws/load-balancer-args.ts";
import { checkNetworkArgs } from "../../components/aws/network-args.ts";
import { checkPrivateNamespaceArgs } from "../../components/aws/private-namespace-args.ts";
import { renamed } from "../../components/endpoint/invalid.ts";
import { tell } from "./checked.ts";
import { checkProbes, directoryElsewhere } from "./directory.ts";
import { dns } from "./dns.ts";
import {
  block,
  expected,
  flag,
  listOf,
  objectName,
  oneOf,
  portNumber,
  text,
  textMap,
  whole,
} from "./fields.ts";
import { ports } from "./ports.ts";
import { checkAcme, networks, server } from "./server.ts";

const network = block({
  cidrBlock: text('a network such as "10.0.0.0/16"').default("10.0.0.0/16"),
  zones: listOf(
    block({
      name: text('a zone such as "us-east-2a"'),
      publicCidr: text('a network such as "10.0.1.0/24"').exactOptional(),
      privateCidr: text('a network such as "10.0.2.0/24"').exactOptional(),
    }),
    "{ name }",
  ),
  natGateways: oneOf(["NONE", "SINGLE", "PER_ZONE"]).default("SINGLE"),
}).superRefine((given, context) => tell(context, () => checkNetworkArgs(given)));

/** Name of a workload on Fargate, and where its image is. */
const named = {
  name: objectName(),
  /** Image with tag or digest. This or `repository`. */
  image: text("an image with a tag or digest").exactOptional(),
  /** One of `repositories`, with `tag`. This or `image`. */
  repository: text("one of repositories").exactOptional(),
  tag: text("a tag").exactOptional(),
};

/** How its tasks run. */
const tasks = {
  /** Left out: the image's. */
  command: listOf(text("an argument"), "argument").exactOptional(),
  environment: textMap("variables to their text").default({}),
  /** Identifiers in Secrets Manager or of parameters, by variable. */
  secrets: textMap("variables to identifiers of secrets").default({}),
  /** Folders that it may write to. Left out: none. */
  writablePaths: listOf(text('a folder such as "/tmp"'), "folder").exactOptional(),
  desiredCount: whole(0, 100, "tasks").default(2),
  cpu: whole(256, 16_384, "CPU units").default(256),
  /** Left out: twice `cpu`. */
  memory: whole(512, 122_880, "mebibytes").exactOptional(),
  architecture: oneOf(["x86_64", "arm64"]).default("x86_64"),
};

interface WithImage {
  readonly image?: string;
  readonly repository?: string;
  readonly tag?: string;
}

function checkImage({ image, repository, tag }: WithImage, context: z.RefinementCtx): void {
  const refuse = (key: string, message: string) =>
    context.addIssue({ code: "custom", path: [key], message });
  if ((image === undefined) === (repository === undefined)) {
    refuse("image", "and repository: give exactly one of the two");
  }
  if ((repository === undefined) !== (tag === undefined)) {
    refuse("tag", "goes with repository: give both, or none");
  }
}

const service = block({ ...named, ports, ...tasks }).superRefine((given, context) => {
  checkImage(given, context);
  const placeless = { targets: [{ ports: [], targetGroupArn: "", targetPort: 1 }] };
  tell(context, () =>
    checkFargateRelayArgs({
      ...given,
      ...placeless,
      image: "",
      subnetIds: [],
      targetSecurityGroupId: "",
    }),
  );
});

/** Ports inside the VPC. */
const backendPorts = () =>
  listOf(
    block({ port: portNumber(), protocol: oneOf([Protocol.Tcp, Protocol.Udp]) }),
    "{ port, protocol }",
  );

const backendService = block({
  ...named,
  ports: backendPorts(),
  /** Program and arguments that exit with 0 in a task that works. Left out: one that runs works. */
  healthCommand: listOf(text("an argument"), "program and arguments").exactOptional(),
  ...tasks,
}).superRefine((given, context) => {
  checkImage(given, context);
  tell(context, () => checkFargateBackendArgs({ ...given, hostname: given.name }));
});

const instance = block({
  ports,
  sourceRanges: networks().exactOptional(),
  /** Left out: no SSH; Systems Manager reaches the instance without. */
  sshSourceRanges: networks().exactOptional(),
  keyName: text("an EC2 key pair's name").exactOptional(),
  /** Left out: t3.micro, t4g.micro for arm64. */
  instanceType: text('a type such as "t3.micro"').exactOptional(),
  architecture: oneOf(["x86_64", "arm64"]).default("x86_64"),
  diskGigabytes: whole(8, 16_384, "gigabytes").default(10),
  server: server.exactOptional(),
  dns: dns.exactOptional(),
}).superRefine((given, context) => {
  checkAcme(context, given.server, given.ports);
  const address = { allocationId: "", ipAddress: "" };
  tell(context, () => checkInstanceRelayArgs({ ...given, address, vpcId: "", subnetId: "" }));
});

const base = block({
  network,
  /** Names of image repositories that the stack makes. */
  repositories: z
    .array(text('a name such as "ztna/app-connector"'), { error: expected("a list of names") })
    .default([]),
  /** Workloads on Fargate, behind one load balancer. */
  services: listOf(service, "{ name, image, ports }"),
  /** TCP port of every task that says whether it works. */
  healthCheck: block({
    port: portNumber(),
    path: text('a path such as "/readyz"').exactOptional(),
  }),
  sourceRanges: networks().exactOptional(),
  dns: dns.exactOptional(),
  /** One EC2 instance with an address of its own. */
  instance: instance.exactOptional(),
  /** Workloads on Fargate that only `services` reach, by name inside the VPC. */
  backendServices: z
    .array(backendService, { error: expected("a list of { name, image, ports }") })
    .default([]),
  /** What the names of `backendServices` end in. */
  backendDomain: text("a domain").default("backends.internal"),
  /** What the services may reach besides: a security group for whoever deploys it. */
  backends: backendPorts().exactOptional(),
  /** An endpoint directory of `services` and `instance`, on a cluster elsewhere. Left out: none. */
  directory: directoryElsewhere.exactOptional(),
  /** Refuse to delete addresses. */
  protect: flag().default(true),
  tags: textMap("tag names to values").default({}),
});

/** All that the load balancer publishes, and the health check beside it. */
export const loadBalancerPorts = ({ services, healthCheck }: AwsSettings) => [
  ...services.flatMap((one) => one.ports),
  ...(services.some((one) => one.ports.some(({ port }) => port === healthCheck.port))
    ? []
    : [healthPort(healthCheck)]),
];

/** The health check's port, which clients do not reach. */
export const healthPort = ({ port }: { readonly port: number }) => ({
  name: "health",
  port,
  protocol: Protocol.Tcp,
  exposure: Exposure.Internal,
});

/** The block `udp:aws`, validated, with its defaults filled in. */
export type AwsSettings = z.output<typeof base>;

/** Settings of a stack on AWS. */
export const awsSettings = base.superRefine((given, context) => {
  checkProbes(context, given.directory, [
    "services",
    ...(given.instance === undefined ? [] : ["instance"]),
  ]);
  const { backends, backendDomain: domain } = given;
  tell(context, () =>
    renamed(
      () => checkPrivateNamespaceArgs({ domain }),
      () => "backendDomain",
    ),
  );
  if (backends !== undefined && backends.length > 0) {
    tell(context, () =>
      renamed(
        () => checkBackendPorts(backends),
        (path) => path.replace(/^ports/, "backends"),
      ),
    );
  }
  const names = new Set<string>();
  for (const list of ["services", "backendServices"] as const) {
    for (const [index, { repository, name }] of given[list].entries()) {
      const at = (key: string, message: string) =>
        context.addIssue({ code: "custom", path: [list, index, key], message });
      if (repository !== undefined && !given.repositories.includes(repository)) {
        at("repository", `"${repository}" is not allowed: it is none of repositories`);
      }
      if (names.has(name)) {
        at("name", `"${name}" is not allowed: another service has this name`);
      }
      names.add(name);
    }
  }
  const all = loadBalancerPorts(given);
  const { healthCheck, sourceRanges = ["0.0.0.0/0"] } = given;
  const places = given.services.flatMap((one, index) =>
    one.ports.map((_, port) => `services[${index}].ports[${port}]`),
  );
  tell(context, () =>
    renamed(
      () =>
        checkLoadBalancerArgs({ ports: all, healthCheck, sourceRanges, subnetIds: [], vpcId: "" }),
      // The load balancer's ports, told where they were given.
      (path) => path.replace(/^ports\[(\d+)\]/, (_, at) => places[Number(at)] ?? "healthCheck"),
    ),
  );
});
