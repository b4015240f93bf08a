import { existsSync } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { createInterface } from "node:readline";
import type { KubeConfig } from "@kubernetes/client-node";
import { type ApiParameters, ApiStatusError, type KubernetesApi } from "./api.ts";

/** Where Kubernetes puts a pod's service account. Source: Kubernetes docs, "Accessing the API". */
const IN_CLUSTER_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";
/** What the client library falls back to when it finds no configuration at all. */
const NO_SERVER = "http://localhost:8080";
/** Longest error text that is read. Characters. */
const MAX_ERROR = 4096;
/** Idle time before the kernel asks whether the other side is there. Milliseconds. */
const KEEP_ALIVE_MS = 30_000;

/**
 * An API server over HTTP, found and authenticated by the official client library, which is
 * loaded with the first request: it takes a good second, and only Kubernetes discovery needs it.
 * Service account tokens are read again as they rotate; after a 401 the kubeconfig is, too.
 */
export class ClusterApi implements KubernetesApi {
  readonly #kubeconfig: string | undefined;
  #config: Promise<KubeConfig> | undefined;

  /** @param kubeconfig - Left out: the pod's service account, else what kubectl would take. */
  constructor(kubeconfig: string | undefined) {
    this.#kubeconfig = kubeconfig;
  }

  async get(path: string, parameters: ApiParameters, signal: AbortSignal): Promise<unknown> {
    const response = await this.#open(path, parameters, signal);
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) text += chunk;
    return JSON.parse(text);
  }

  async stream(path: string, parameters: ApiParameters, signal: AbortSignal) {
    return lines(await this.#open(path, parameters, signal));
  }

  async #open(path: string, parameters: ApiParameters, signal: AbortSignal) {
    this.#config ??= this.#load();
    let config: KubeConfig;
    try {
      config = await this.#config;
    } catch (error) {
      this.#config = undefined;
      throw error;
    }
    const server = config.getCurrentCluster()?.server.replace(/\/+$/, "");
    const url = new URL(`${server}${path}`);
    for (const [key, value] of Object.entries(parameters)) url.searchParams.set(key, value);
    const options: RequestOptions = { signal };
    await config.applyToHTTPSOptions(options as Parameters<KubeConfig["applyToHTTPSOptions"]>[0]);
    const response = await send(url, options).catch((error: Error) => {
      if (signal.aborted) throw error;
      throw new Error(`no connection to the API server at ${url.origin}: ${error.message}`, {
        cause: error,
      });
    });
    if (response.statusCode === 200) return response;
    if (response.statusCode === 401) this.#config = undefined;
    throw new ApiStatusError(response.statusCode ?? 0, await errorText(response));
  }

  async #load(): Promise<KubeConfig> {
    const { KubeConfig } = await import("@kubernetes/client-node");
    const config = new KubeConfig();
    try {
      if (this.#kubeconfig !== undefined) config.loadFromFile(this.#kubeconfig);
      else if (existsSync(IN_CLUSTER_TOKEN)) config.loadFromCluster();
      else config.loadFromDefault();
    } catch (error) {
      const file = this.#kubeconfig ?? "that kubectl would take";
      const [why] = String(error instanceof Error ? error.message : error).split("\n");
      throw new Error(`the kubeconfig ${file} cannot be used: ${why}`, { cause: error });
    }
    const server = config.getCurrentCluster()?.server;
    if (server === undefined || server === NO_SERVER) {
      throw new Error(
        "there is no service account here and no kubeconfig names a cluster; set discovery.kubernetes.kubeconfig or KUBECONFIG",
      );
    }
    return config;
  }
}

function send(url: URL, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // Plain HTTP is for a local proxy such as kubectl's; the library's agent fits the address.
    const ask = url.protocol === "https:" ? httpsRequest : httpRequest;
    const request = ask(url, options);
    request.once("socket", (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
    request.once("error", reject);
    request.once("response", resolve);
    request.end();
  });
}

async function* lines(response: IncomingMessage): AsyncGenerator<unknown> {
  // readline does not pass on errors of its input: without this a cut watch would look ended.
  let failure: Error | undefined;
  response.once("error", (error) => {
    failure = error;
  });
  try {
    for await (const line of createInterface({ input: response })) {
      if (line !== "") yield JSON.parse(line) as unknown;
    }
  } finally {
    response.destroy();
  }
  if (failure !== undefined) throw failure;
}

/** The message of a Status object, else the text itself, shortened. */
async function errorText(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) {
    if (text.length < MAX_ERROR) text += chunk;
  }
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    if (typeof message === "string") return message;
  } catch {
    // Not an API server's own answer; the text says what it is.
  }
  return text.slice(0, 200).trim() || `HTTP status ${response.statusCode}`;
}
