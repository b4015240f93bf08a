import { readFileSync } from "node:fs";
import { request } from "node:https";

/** JSON of the Kubernetes API: what a test reads from it is checked by the test. */
// biome-ignore lint/suspicious/noExplicitAny: the API has hundreds of shapes
export type Json = any;

/** An answer of the API server other than 2xx. */
export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Who talks to which API server: PEM files. */
export interface KubeIdentity {
  readonly url: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** The plainest client of an API server: one request, one connection. For tests. */
export class KubeClient {
  readonly #identity: KubeIdentity;

  constructor(identity: KubeIdentity) {
    this.#identity = identity;
  }

  /** Rejects with KubeError for an answer other than 2xx, else with the socket's error. */
  async call(method: string, path: string, body?: object, type = "application/json") {
    const { status, text } = await this.#exchange(method, path, body, type);
    if (status < 200 || status > 299) {
      throw new KubeError(status, `${method} ${path}: ${status} ${text.slice(0, 400)}`);
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
    const { url, caFile, certFile, keyFile } = this.#identity;
    const [ca, cert, key] = [caFile, certFile, keyFile].map((file) => readFileSync(file));
    const payload = body === undefined ? undefined : JSON.stringify(body);
    return new Promise<{ status: number; text: string }>((resolve, reject) => {
      const sent = request(url + path, {
        ...{ method, ca, cert, key, agent: false },
        headers: payload === undefined ? {} : { "content-type": type },
        timeout: 10_000,
      });
      sent.once("error", reject);
      sent.once("timeout", () => sent.destroy(new Error(`${method} ${path}: no answer in 10 s`)));
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
