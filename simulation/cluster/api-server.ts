import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePorts } from "../../components/testing/free-port.ts";
import { CertificateAuthority } from "./certificates.ts";
import { makeAccountKeys, type User, writeKubeconfig } from "./credentials.ts";
import { type Json, KubeClient } from "./kube-client.ts";
import { ServerProcess } from "./server-process.ts";

/** Executables that a cluster is made of. */
export interface ClusterTools {
  readonly etcd: string;
  /** Every program of Kubernetes: the first argument names one. */
  readonly kubernetes: string;
  readonly openssl: string;
}

/** Longest start of a server. Milliseconds; 3 to 6 seconds on two idle cores. */
const START_MS = 60_000;
/** The first address of this range is the API server's own service: its certificate has it. */
const SERVICE_RANGE = "10.0.0.0/24";
const SERVICE_ADDRESS = "10.0.0.1";

/**
 * A real Kubernetes API server and its etcd on this machine's loopback, without root: objects,
 * watches, custom resources and RBAC as in any cluster. There are no controllers, no scheduler
 * and no nodes: who needs a pod's status writes it.
 *
 * Ports are free ones, files lie in a folder of its own. `close` ends both processes by id and
 * removes the folder; so does the end of the process that started them, but for the folder.
 */
export class ApiServer {
  readonly #tools: ClusterTools;
  readonly #folder: string;
  readonly #ports: readonly number[];
  #etcd: ServerProcess | undefined;
  #api: ServerProcess | undefined;
  /** A member of `system:masters`: may do anything. */
  readonly admin: KubeClient;

  private constructor(tools: ClusterTools, folder: string, ports: readonly number[]) {
    this.#tools = tools;
    this.#folder = folder;
    this.#ports = ports;
    this.admin = KubeClient.ofFiles({
      url: this.url,
      caFile: this.#file("ca.crt"),
      certFile: this.#file("admin.crt"),
      keyFile: this.#file("admin.key"),
    });
  }

  /** Starts both servers. Rejects with the last lines of what a server said, nothing left. */
  static async start(tools: ClusterTools): Promise<ApiServer> {
    const folder = await mkdtemp(path.join(tmpdir(), "kube-apiserver-"));
    const cluster = new ApiServer(tools, folder, await freePorts(3));
    try {
      await cluster.#makeKeys();
      await cluster.#startEtcd();
      await cluster.startApi();
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  get url(): string {
    return `https://127.0.0.1:${this.#ports[2]}`;
  }

  /** Starts the API server alone, after `killApi`; resolves when it is ready. */
  async startApi(): Promise<void> {
    const [client, , api] = this.#ports;
    const options = {
      // As every cluster has it: admission decides, not the server.
      "allow-privileged": "true",
      "etcd-servers": `http://127.0.0.1:${client}`,
      "bind-address": "127.0.0.1",
      // An address for others to reach it at: with no endpoints written, nobody reads it.
      "advertise-address": "127.0.0.1",
      "endpoint-reconciler-type": "none",
      "secure-port": `${api}`,
      "service-cluster-ip-range": SERVICE_RANGE,
      "authorization-mode": "RBAC",
      // Nothing makes the service account that this plugin wants every pod to have.
      "disable-admission-plugins": "ServiceAccount",
      "client-ca-file": this.#file("ca.crt"),
      "tls-cert-file": this.#file("server.crt"),
      "tls-private-key-file": this.#file("server.key"),
      "service-account-issuer": "https://kubernetes.default.svc",
      "service-account-key-file": this.#file("accounts.pub"),
      "service-account-signing-key-file": this.#file("accounts.key"),
      "cert-dir": this.#folder,
    };
    const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    const log = this.#file("kube-apiserver.log");
    const server = new ServerProcess(this.#tools.kubernetes, ["kube-apiserver", ...flags], log);
    this.#api = server;
    await untilReady("kube-apiserver", server, () => this.admin.get("/readyz"));
  }

  /** Ends the API server with SIGKILL, as a lost machine would. etcd stays. */
  async killApi(): Promise<void> {
    await this.#api?.kill("SIGKILL");
  }

  /** Drops etcd's history before now: a watch that goes on from an older version gets 410. */
  async compact(): Promise<void> {
    const { header } = await this.#etcdCall("kv/range", { key: "AA==" });
    await this.#etcdCall("kv/compaction", { revision: header.revision, physical: true });
  }

  /** Creates a namespace. */
  async createNamespace(name: string): Promise<void> {
    await this.admin.create("/api/v1/namespaces", { metadata: { name } });
  }

  /** Creates a custom resource definition and waits until its objects can be stored. */
  async defineResource(definition: object): Promise<void> {
    const base = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    const { metadata } = await this.admin.create(base, definition);
    for (const signal = AbortSignal.timeout(START_MS); ; await pause(50)) {
      signal.throwIfAborted();
      const { status } = await this.admin.get(`${base}/${metadata.name}`);
      const conditions: Json[] = status?.conditions ?? [];
      if (conditions.some((one) => one.type === "Established" && one.status === "True")) return;
    }
  }

  /** Path of a kubeconfig with the admin's certificate. */
  adminKubeconfig(): Promise<string> {
    return this.#kubeconfig("admin", {
      certFile: this.#file("admin.crt"),
      keyFile: this.#file("admin.key"),
    });
  }

  /**
   * Creates a service account, which may do nothing yet, and gives the path of a kubeconfig
   * with a token of its own (one hour).
   */
  async serviceAccountKubeconfig(namespace: string, name: string): Promise<string> {
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    await this.admin.create(accounts, { metadata: { name } });
    const { status } = await this.admin.create(`${accounts}/${name}/token`, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { expirationSeconds: 3600 },
    });
    return this.#kubeconfig(`${namespace}-${name}`, { token: status.token });
  }

  /** Ends both servers and removes their folder. Any number of calls. */
  async close(): Promise<void> {
    await this.#api?.kill("SIGKILL");
    await this.#etcd?.kill("SIGKILL");
    await rm(this.#folder, { recursive: true, force: true });
  }

  #file(name: string): string {
    return path.join(this.#folder, name);
  }

  async #makeKeys(): Promise<void> {
    const authority = new CertificateAuthority(this.#tools.openssl, this.#folder);
    await authority.create();
    await authority.issue({
      name: "server",
      subject: "/CN=kube-apiserver",
      alternativeNames: ["IP:127.0.0.1", `IP:${SERVICE_ADDRESS}`, "DNS:localhost"],
    });
    await authority.issue({ name: "admin", subject: "/O=system:masters/CN=admin" });
    await makeAccountKeys(this.#folder);
  }

  async #startEtcd(): Promise<void> {
    const [client, peer] = this.#ports.map((port) => `http://127.0.0.1:${port}`);
    const options = {
      "data-dir": this.#file("etcd"),
      "listen-client-urls": client,
      "advertise-client-urls": client,
      "listen-peer-urls": peer,
      "initial-advertise-peer-urls": peer,
      "initial-cluster": `default=${peer}`,
    };
    const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    const server = new ServerProcess(this.#tools.etcd, flags, this.#file("etcd.log"));
    this.#etcd = server;
    await untilReady("etcd", server, async () => {
      const response = await fetch(`${client}/health`);
      const { health } = (await response.json()) as Json;
      if (health !== "true") throw new Error("not healthy yet");
    });
  }

  async #etcdCall(method: string, body: object): Promise<Json> {
    const response = await fetch(`http://127.0.0.1:${this.#ports[0]}/v3/${method}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`etcd ${method}: ${response.status}`);
    return response.json();
  }

  #kubeconfig(name: string, user: User): Promise<string> {
    const file = this.#file(`${name}.kubeconfig`);
    return writeKubeconfig({ file, url: this.url, caFile: this.#file("ca.crt"), user });
  }
}

async function untilReady(
  name: string,
  server: ServerProcess,
  ask: () => Promise<unknown>,
): Promise<void> {
  for (const signal = AbortSignal.timeout(START_MS); ; await pause(50)) {
    try {
      await ask();
      return;
    } catch (error) {
      if (!server.running || signal.aborted) {
        const why = server.running ? `is not ready in ${START_MS / 1000} s` : "has ended";
        throw new Error(`${name} ${why}:\n${server.tail()}`, { cause: error });
      }
    }
  }
}
