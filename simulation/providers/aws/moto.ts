import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../../../components/testing/free-port.ts";
import { ServerProcess } from "../../cluster/server-process.ts";

/** What AWS answers: a document, or the code of a refusal. */
export interface Answer {
  /** `undefined` for a call that was taken. */
  readonly code: string | undefined;
  readonly text: string;
  /** The text of the first element of that name. */
  element(name: string): string;
}

const VERSIONS = {
  ec2: "2016-11-15",
  elasticloadbalancing: "2015-12-01",
  iam: "2010-05-08",
} as const;
const ECR = "AmazonEC2ContainerRegistry_V20150921";

const answer = (status: number, text: string): Answer => ({
  code:
    status < 400
      ? undefined
      : (/<Code>([^<]+)|"__type":\s*"([^"]+)/.exec(text)?.slice(1).find(Boolean) ??
        `HTTP ${status}`),
  text,
  element: (name) => new RegExp(`<${name}>([^<]*)`).exec(text)?.[1] ?? "",
});

/** moto's server: another's model of AWS, written for the tests of many. */
export class Moto {
  readonly #url: string;

  private constructor(url: string) {
    this.#url = url;
  }

  /** Starts it on the loopback; it ends with the test. */
  static async start(t: TestContext, file: string): Promise<Moto> {
    const folder = await mkdtemp(path.join(tmpdir(), "pulumi-udp-moto-"));
    const port = await freePort();
    const log = path.join(folder, "log");
    const server = new ServerProcess(file, ["-H", "127.0.0.1", "-p", String(port)], log);
    t.after(async () => {
      await server.kill("SIGKILL");
      await rm(folder, { recursive: true });
    });
    const moto = new Moto(`http://127.0.0.1:${port}/`);
    const end = performance.now() + 60_000;
    for (;;) {
      const up = await moto.call("ec2", "DescribeVpcs", {}).catch(() => undefined);
      if (up?.code === undefined && up !== undefined) return moto;
      if (!server.running || performance.now() > end) {
        throw new Error(`moto does not answer:\n${server.tail()}`);
      }
      await wait(100);
    }
  }

  /** A call of AWS's query protocol. */
  async call(
    service: keyof typeof VERSIONS,
    action: string,
    parameters: Readonly<Record<string, string | number>>,
  ): Promise<Answer> {
    const form = new URLSearchParams({ Action: action, Version: VERSIONS[service] });
    for (const [name, value] of Object.entries(parameters)) form.set(name, String(value));
    const response = await this.#post(service, form.toString(), {
      "content-type": "application/x-www-form-urlencoded",
    });
    return answer(response.status, await response.text());
  }

  /** A call of ECR's, in JSON. */
  async ecr(action: string, parameters: object): Promise<Answer> {
    const response = await this.#post("ecr", JSON.stringify(parameters), {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `${ECR}.${action}`,
    });
    return answer(response.status, await response.text());
  }

  #post(service: string, body: string, headers: Record<string, string>): Promise<Response> {
    // Which service and region are meant stands in the signature, which moto does not check.
    const authorization = `AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-2/${service}/aws4_request, SignedHeaders=host, Signature=0`;
    return fetch(this.#url, { method: "POST", body, headers: { ...headers, authorization } });
  }
}
