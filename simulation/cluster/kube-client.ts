import { readFileSync } from "node:fs";
import { request } from "node:https";
import { parse } from "yaml";

/** JSON of the Kubernetes API: what a test reads from it is checked by the test. */
// biome-ignore lint/suspicious/noExplicitAny: the API has hundreds of shapes
export type Json = any;

/** An answer of the API server other than 2xx. */
export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly status: number;
  /** The Status object of the answer, if it is one. */
  readonly answer: Json;

  constructor(status: number, message: string, text = "") {
    super(message);
    this.status = status;
    this.answer = text.startsWith("{") ? JSON.parse(text) : {};
  }
}

/** Who talks to which API server: PEM files, which are read at each request. */
export interface KubeIdentity {
  readonly url: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** What a connection is made with. */
interface Credentials {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly token?: string | undefined;
}

/** Longest wait for an answer: beyond that of an admission webhook, which is 10 s and at most 30. */
const TIMEOUT_MS = 35_000;

/** The plainest client of an API server: one request, one connection. For tests. */
export class KubeClient {
  readonly #url: string;
  readonly #credentials: () => Credentials;

  private constructor(url: string, credentials: () => Credentials) {
    this.#url = url;
    this.#credentials = credentials;
  }

  static ofFiles({ url, caFile, certFile, keyFile }: KubeIdentity): KubeClient {
    return new KubeClient(url, () => ({
      ca: readFileSync(caFile),
      cert: readFileSync(certFile),
      key: readFileSync(keyFile),
    }));
  }

  /** For the current context of a kubeconfig's text: certificates or a token. */
  static ofKubeconfig(text: string): KubeClient {
    const config = parse(text);
    const named = (list: Json, name: string) => list.find((one: Json) => one.name === name);
    const { context } = named(config.contexts, config["current-context"]);
    const { cluster } = named(config.clusters, context.cluster);
    const { user } = named(config.users, context.user);
    const pem = (from: Json, key: string): Buffer =>
      from[`${key}-data`] === undefined
        ? from[key] && readFileSync(from[key])
        : Buffer.from(from[`${key}-data`], "base64");
    const ca = pem(cluster, "certificate-authority");
    const cert = pem(user, "client-certificate");
    const key = pem(user, "client-key");
    return new KubeClient(cluster.server, () => ({ ca, cert, key, token: user.token }));
  }

  /** Rejects with KubeError for an answer other than 2xx, else with the socket's error. */
  async call(method: string, path: string, body?: object, type = "application/json") {
    const { status, text } = await this.#exchange(method, path, body, type);
    if (status < 200 || status > 299) {
      throw new KubeError(status, `${method} ${path}: ${status} ${text.slice(0, 400)}`, text);
    }
    return (text.startsWith("{") ? JSON.parse(text) : text) as Json;
  }

  get(path: string): Promise<Json> {
    return this.call("GET", path);
  }

  create(path: string, body: object): Promise<Json> {
    return this.call("POST", path, body);
  }

  /** Changes the given fields (JSON merge patch, RFC 7396; null removes). */
  merge(path: string, body: object): Promise<Json> {
    return this.call("PATCH", path, body, "application/merge-patch+json");
  }

  /** Deletes at once: there is no kubelet that would end a pod in its grace period. */
  delete(path: string): Promise<Json> {
    return this.call("DELETE", path, { gracePeriodSeconds: 0 });
  }

  #exchange(method: string, path: string, body: object | undefined, type: string) {
    const { token, ...tls } = this.#credentials();
    const payload = body === undefined ? undefined : JSON.stringify(body);
    return new Promise<{ status: number; text: string }>((resolve, reject) => {
      const sent = request(this.#url + path, {
        ...{ method, ...tls, agent: false },
        headers: {
          ...(payload === undefined ? {} : { "content-type": type }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        timeout: TIMEOUT_MS,
      });
      sent.once("error", reject);
      sent.once("timeout", () => sent.destroy(new Error(`${method} ${path}: no answer`)));
      sent.once("response", (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.once("error", reject);
        response.once("end", () => resolve({ status: response.statusCode ?? 0, text }));
      });
      sent.end(payload);
    });
  }
}
