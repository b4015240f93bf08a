/** A resource as a preview shows it, its inputs as plain values. */
export interface Drawn {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly parent: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly dependencies: readonly string[];
}

/** Who can reach a part: everybody asks names, everybody sends packets, only the platform itself. */
export type Zone = "names" | "public" | "private";

export interface Part {
  readonly id: string;
  readonly label: string;
  readonly zone: Zone;
}

/** A way that packets take, or a name that leads somewhere. */
export interface Way {
  readonly from: string;
  readonly to: string;
  /** Ports, `UDP 4433`; empty where all go. */
  readonly ports: readonly string[];
  readonly kind: "packets" | "name";
}

export interface Graph {
  readonly parts: readonly Part[];
  readonly ways: readonly Way[];
}

/** Loose access to inputs of many types. */
// biome-ignore lint/suspicious/noExplicitAny: what an input lacks is simply not drawn.
type Loose = any;

const ADDRESSES = /:(PublicIPAddress|Eip|ReservedIp)$/;
const HOSTS = /^(aws:ec2\/instance|digitalocean:index\/droplet):/;
const TASKS = "aws:ecs/service:Service";

/** What clients of a stack meet on their way: names, addresses, load balancers, backends. */
export function graphOf(resources: readonly Drawn[]): Graph {
  const parts = new Map<string, Part>();
  const ways = new Map<string, Way>();
  const add = (id: string, label: string, zone: Zone): string => {
    parts.set(id, { id, label, zone });
    return id;
  };
  const lead = (from: string, to: string, kind: Way["kind"], ports: readonly string[] = []) =>
    ways.set(`${from}>${to}`, { from, to, kind, ports });
  const typed = (pattern: RegExp) => resources.filter(({ type }) => pattern.test(type));
  const nat = new Set(typed(/:NatGateway$/).flatMap(({ dependencies }) => dependencies));

  for (const { urn, name } of typed(ADDRESSES).filter((one) => !nat.has(one.urn))) {
    add(urn, `address ${name}`, "public");
  }
  for (const { urn, type, name, inputs } of typed(HOSTS)) {
    const size = (inputs as Loose).instanceType ?? (inputs as Loose).size;
    add(urn, `${type.includes("droplet") ? "droplet" : "instance"} ${name}, ${size}`, "private");
  }
  for (const tasks of typed(new RegExp(`^${TASKS}$`))) {
    add(tasks.urn, tasksLabel(tasks), "private");
  }
  const balancers = resources.filter(isBalancer);
  for (const balancer of balancers) {
    add(balancer.urn, `load balancer ${balancer.name}`, "public");
    const ports = portsOf(balancer, resources);
    for (const address of balancer.dependencies.filter((urn) => parts.has(urn))) {
      lead(address, balancer.urn, "packets", ports);
    }
    for (const { id, label, inner = ports } of backendsOf(balancer, resources)) {
      lead(balancer.urn, add(id, label, "private"), "packets", inner);
    }
  }
  for (const { dependencies } of typed(/:(EipAssociation|ReservedIpAssignment)$/)) {
    const [address] = dependencies.filter((urn) => parts.get(urn)?.zone === "public");
    const [host] = dependencies.filter((urn) => parts.get(urn)?.zone === "private");
    if (address !== undefined && host !== undefined) {
      lead(address, host, "packets");
    }
  }
  for (const record of typed(/:DnsRecord$/)) {
    const { name, proxied } = record.inputs as Loose;
    const id = add(`name:${name}`, `${name}${proxied ? ", proxied" : ", DNS only"}`, "names");
    const known = record.dependencies.filter((urn) => parts.get(urn)?.zone === "public");
    const addresses = known.filter((urn) => !balancers.some((one) => one.urn === urn));
    for (const target of addresses.length > 0 ? addresses : known) {
      lead(id, target, "name");
    }
  }
  for (const { from, to } of letIn(resources)) {
    lead(from, to, "packets");
  }
  for (const { from, to } of directed(resources, balancers)) {
    lead(from, to, "packets");
  }
  return { parts: [...parts.values()], ways: [...ways.values()] };
}

function tasksLabel({ name, inputs }: Drawn): string {
  const { desiredCount } = inputs as Loose;
  return `${desiredCount} ${desiredCount === 1 ? "task" : "tasks"} ${name}`;
}

/** Tasks and the tasks of other components that let their security group in. */
function letIn(resources: readonly Drawn[]): readonly Pick<Way, "from" | "to">[] {
  const groups = new Map(
    resources.filter(({ type }) => /:SecurityGroup$/.test(type)).map((one) => [one.urn, one]),
  );
  const tasksIn = (group: Drawn) =>
    resources.filter(
      ({ type, dependencies }) => type === TASKS && dependencies.includes(group.urn),
    );
  return resources
    .filter(({ type }) => /:SecurityGroupIngressRule$/.test(type))
    .flatMap(({ parent, dependencies }) => {
      const named = dependencies.flatMap((urn) => groups.get(urn) ?? []);
      const into = named.filter((group) => group.parent === parent);
      const others = named.filter((group) => group.parent !== parent);
      return others
        .flatMap(tasksIn)
        .flatMap(({ urn: from }) => into.flatMap(tasksIn).map(({ urn: to }) => ({ from, to })));
    });
}

function isBalancer({ type, inputs }: Drawn): boolean {
  return (
    type === "aws:lb/loadBalancer:LoadBalancer" ||
    (type === "kubernetes:core/v1:Service" && (inputs as Loose).spec?.type === "LoadBalancer")
  );
}

/** `UDP 4433`, of a Service itself and of a load balancer's listeners. */
function portsOf({ urn, inputs }: Drawn, resources: readonly Drawn[]): readonly string[] {
  const own: Loose[] = (inputs as Loose).spec?.ports ?? [];
  const listeners = resources.filter(
    ({ type, dependencies }) => type === "aws:lb/listener:Listener" && dependencies.includes(urn),
  );
  return [...own, ...listeners.map((listener) => listener.inputs as Loose)].map(
    ({ protocol = "TCP", port }) => `${protocol} ${port}`,
  );
}

/** `inner`: ports that packets go on to, where they are not all those of the load balancer. */
function backendsOf(
  { urn, inputs }: Drawn,
  resources: readonly Drawn[],
): readonly { readonly id: string; readonly label: string; readonly inner?: readonly string[] }[] {
  const listeners = new Set(
    resources.filter(({ dependencies }) => dependencies.includes(urn)).map((one) => one.urn),
  );
  const tasks = resources.filter(
    ({ type, dependencies }) => type === TASKS && dependencies.some((one) => listeners.has(one)),
  );
  if (tasks.length > 0) {
    return tasks.map((one) => ({
      id: one.urn,
      label: tasksLabel(one),
      // Which of the ports are its own, only a deployment tells.
      inner: [],
    }));
  }
  const selector = (inputs as Loose).spec?.selector;
  return selector === undefined ? [] : [podsOf(selector, resources)];
}

/** The stack's own pods that a selector takes, or the labels of somebody else's. */
function podsOf(selector: Readonly<Record<string, string>>, resources: readonly Drawn[]) {
  const own = resources.find(({ inputs }) => {
    const labels = (inputs as Loose).spec?.template?.metadata?.labels;
    return (
      labels !== undefined &&
      Object.entries(selector).every(([key, value]) => labels[key] === value)
    );
  });
  const labels = Object.entries(selector).map(
    ([key, value]) => `${key.split("/").at(-1)}=${value}`,
  );
  return own === undefined
    ? { id: `pods:${labels.join()}`, label: `pods ${labels.join(", ")}` }
    : { id: own.urn, label: `pods ${own.name}` };
}

/** Pods whose ConfigMap names a Service of the stack: a director and what it leads to. */
function directed(resources: readonly Drawn[], balancers: readonly Drawn[]) {
  return resources
    .filter(({ type }) => type === "kubernetes:core/v1:ConfigMap")
    .flatMap((config) => {
      const text = JSON.stringify(config.inputs);
      const pods = resources.find(
        ({ type, parent }) => type === "kubernetes:apps/v1:Deployment" && parent === config.parent,
      );
      return balancers
        .filter(({ inputs }) => {
          const { name, namespace } = (inputs as Loose).metadata ?? {};
          return name !== undefined && text.includes(`${name}.${namespace}.svc`);
        })
        .flatMap(({ inputs }) =>
          pods === undefined
            ? []
            : [{ from: pods.urn, to: podsOf((inputs as Loose).spec.selector, resources).id }],
        );
    });
}
