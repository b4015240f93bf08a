import { Protocol } from "../../components/endpoint/protocol.ts";
import { DEFAULT_POOLS } from "../../components/traefik/entry-points.ts";
import type { GivenPort } from "./port-list.ts";
import {
  type Answers,
  addresses,
  dnsOf,
  image,
  maybeNamed,
  named,
  type Question,
} from "./questions.ts";

/** How a platform's settings are made from answers. */
export interface PlatformRecipe {
  /** What the stack is, for the head of its file. */
  readonly about: string;
  /** Where credentials come from, for the head of its file. */
  readonly credentials: string;
  /** An example, for the question. */
  readonly ports: string;
  readonly questions: readonly Question[];
  /** Why a stack on this platform cannot have these ports, where its settings could not tell. */
  refusePorts?(ports: readonly GivenPort[]): string | undefined;
  /** The block under the platform's name. */
  settings(answers: Answers, ports: readonly GivenPort[]): Readonly<Record<string, unknown>>;
}

const CLOUDFLARE = "CLOUDFLARE_API_TOKEN with Zone:Read and DNS:Edit on the zone";
const KUBECONFIG = `The cluster is that of your kubeconfig. For the name: ${CLOUDFLARE}.`;
const isUdp = ({ protocol }: GivenPort): boolean => protocol === Protocol.Udp;
const own = ({ name = "" }: Answers): string => name;
const DIRECTOR_IMAGE = image(
  "The director's image, which your pipeline builds",
  () => "udp-director",
);

export const recipes: Readonly<Record<string, PlatformRecipe>> = {
  local: {
    about: "Everything on this machine: a director, two echo backends and the endpoint directory.",
    credentials: "No account, no secrets.",
    ports: "7777/udp",
    questions: [],
    refusePorts: (ports) =>
      ports.length === 1 && ports.every(isUdp)
        ? undefined
        : "give one UDP port, the director's for data",
    settings: (_answers, [data]) => ({ ports: { data: data?.port } }),
  },
  aks: {
    about: "A Porter application on an AKS cluster, with a static address and a DNS-only name.",
    credentials: `An Azure login (ARM_* variables, OIDC or az login) and ${CLOUDFLARE}.`,
    ports: "audio=8000/udp",
    questions: [
      ...named,
      { flag: "cluster", asks: "AKS cluster", fallback: (known) => `${own(known)}-aks` },
      { flag: "resource-group", asks: "Its resource group", fallback: own },
      { flag: "app", asks: "Porter application", fallback: own },
      { flag: "service", asks: "Porter service of the application", fallback: () => "web" },
    ],
    settings: (answers, ports) => ({
      cluster: { name: answers.cluster, resourceGroup: answers["resource-group"] },
      workload: { app: answers.app, service: answers.service },
      ports,
      ...dnsOf(answers),
      skipAwait: true,
    }),
  },
  metallb: {
    about:
      "A cluster of your own with MetalLB: TCP ports for WebSockets, UDP ports behind a director.",
    credentials: KUBECONFIG,
    ports: "voice=8000/udp",
    questions: [
      addresses("192.168.1.200-192.168.1.220"),
      { flag: "service", asks: "Service of the workload", fallback: own },
      DIRECTOR_IMAGE,
      ...maybeNamed,
    ],
    refusePorts: (ports) =>
      ports.filter((port) => !isUdp(port)).length > 1
        ? "give one TCP port at most, that of the WebSockets"
        : undefined,
    settings: (answers, ports) => ({
      metallb: { addresses: [answers.addresses] },
      ...metalLbWebSocket(
        answers,
        ports.filter((port) => !isUdp(port)),
      ),
      ...metalLbDirector(answers, ports.filter(isUdp), ports.every(isUdp)),
    }),
  },
  digitalocean: {
    about: "One droplet of DigitalOcean on a reserved address, behind a firewall.",
    credentials: `DIGITALOCEAN_TOKEN, and for the name ${CLOUDFLARE}.`,
    ports: "quic=4433/udp",
    questions: [{ flag: "region", asks: "Region", fallback: () => "nyc1" }, ...maybeNamed],
    settings: (answers, ports) => ({ region: answers.region, ports, ...dnsOf(answers) }),
  },
  aws: {
    about: "A service on Fargate behind a Network Load Balancer with static addresses.",
    credentials: `AWS_* variables or a profile, and for the name ${CLOUDFLARE}.`,
    ports: "relay=4434/udp",
    questions: [
      { flag: "region", asks: "Region", fallback: () => "us-east-2" },
      image("Image of the service", own),
      {
        flag: "health-port",
        asks: "TCP port of the tasks that says whether they work",
        fallback: () => "8081",
        refuse: (answer) => (/^\d{1,5}$/.test(answer) ? undefined : `"${answer}" is no port`),
      },
      ...maybeNamed,
    ],
    settings: (answers, ports) => ({
      network: { zones: ["a", "b"].map((zone) => ({ name: `${answers.region}${zone}` })) },
      services: [{ name: answers.name, image: answers.image, ports }],
      healthCheck: { port: Number(answers["health-port"]) },
      ...dnsOf(answers),
    }),
  },
  traefik: {
    about:
      "Many TCP and UDP ports of a cluster behind one gateway. Routes without a port of their own\n" +
      "get one of the gateway's; the stack's outputs tell which.",
    credentials: KUBECONFIG,
    ports: "mysql=10001/tcp, game=7777/udp",
    questions: [
      addresses("192.168.1.200-192.168.1.220"),
      { flag: "service", asks: "Service behind the ports", fallback: own },
      ...maybeNamed,
    ],
    settings: (answers, ports) => ({
      metallb: { addresses: [answers.addresses] },
      routes: ports.map(({ name, port, protocol }) => ({
        name,
        protocol,
        ...(inPool(port, protocol) ? { port } : {}),
        backends: [{ service: answers.service, port }],
      })),
      ...dnsOf(answers),
    }),
  },
  cilium: {
    about: "A workload on a cluster of your own, on an address of Cilium.",
    credentials: KUBECONFIG,
    ports: "quic=4433/udp",
    questions: [
      addresses("10.0.150.200-10.0.150.210"),
      { flag: "namespace", asks: "Namespace that is made", fallback: own },
      image("Image of the workload", own),
      ...maybeNamed,
    ],
    settings: (answers, ports) => ({
      pool: { addresses: [answers.addresses] },
      namespace: answers.namespace,
      workloads: [{ name: answers.name, image: answers.image, ports, ...dnsOf(answers) }],
    }),
  },
};

function inPool(port: number, protocol: Protocol): boolean {
  const { from, to } = protocol === Protocol.Udp ? DEFAULT_POOLS.udp : DEFAULT_POOLS.tcp;
  return port >= from && port <= to;
}

function metalLbWebSocket(answers: Answers, [port]: readonly GivenPort[]) {
  return port === undefined
    ? {}
    : {
        websocket: {
          selector: { app: answers.service },
          port: port.port,
          ...dnsOf(answers),
          skipAwait: true,
        },
      };
}

function metalLbDirector(answers: Answers, ports: readonly GivenPort[], alone: boolean) {
  return ports.length === 0
    ? {}
    : {
        director: {
          image: answers.image,
          target: {
            service: answers.service,
            ports: Object.fromEntries(ports.map(({ name, port }) => [name, port])),
          },
          // One name leads to one address: with WebSockets in the stack it is theirs.
          ...(alone ? dnsOf(answers) : {}),
        },
      };
}
