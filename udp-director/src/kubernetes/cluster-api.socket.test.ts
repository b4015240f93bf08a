import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ApiStatusError } from "./api.ts";
import { ClusterApi } from "./cluster-api.ts";

async function kubeconfig(t: TestContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cluster-api-"));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "config"), text);
  return join(folder, "config");
}

const configFor = (server: string) =>
  JSON.stringify({
    // Without this the library takes no plain HTTP.
    clusters: [{ name: "c", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "u", user: { token: "secret" } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  });

/** An API over a server of the test's own, which answers as a proxy or a broken one would. */
async function over(t: TestContext, listener: RequestListener): Promise<ClusterApi> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return new ClusterApi(await kubeconfig(t, configFor(`http://127.0.0.1:${port}/`)));
}

const signal = () => AbortSignal.timeout(5000);

test("the token goes along, parameters and answer are JSON and query", async (t) => {
  const api = await over(t, ({ url, headers }, response) => {
    response.end(JSON.stringify({ url, token: headers.authorization }));
  });
  assert.deepEqual(await api.get("/api/v1/pods", { limit: "5" }, signal()), {
    url: "/api/v1/pods?limit=5",
    token: "Bearer secret",
  });
});

test("a refusal has its status, and the message of a Status object or else the text", async (t) => {
  const api = await over(t, ({ url }, response) => {
    response.statusCode = 403;
    response.end(url === "/a" ? JSON.stringify({ message: "may not" }) : "<h1>no</h1>");
  });
  const refused = (path: string, message: string) =>
    assert.rejects(api.get(path, {}, signal()), new ApiStatusError(403, message));
  await refused("/a", "may not");
  await refused("/b", "<h1>no</h1>");
});

test("a stream that is cut is an error, one that ends is none", async (t) => {
  const api = await over(t, ({ url }, response) => {
    response.write('{"n":1}\n{"n":2}\n');
    if (url === "/cut") setTimeout(() => response.destroy(), 20);
    else response.end();
  });
  const read = async (path: string) => {
    const found: unknown[] = [];
    for await (const line of await api.stream(path, {}, signal())) found.push(line);
    return found;
  };
  assert.deepEqual(await read("/whole"), [{ n: 1 }, { n: 2 }]);
  await assert.rejects(read("/cut"), /aborted/);
});

test("a stream ends when it is told to", async (t) => {
  const api = await over(t, (_request, response) => void response.write('{"n":1}\n'));
  const closing = new AbortController();
  const lines = await api.stream("/", {}, closing.signal);
  await assert.rejects(async () => {
    for await (const _line of lines) closing.abort();
  });
});

test("what is wrong with a kubeconfig or a server is one line that names it", async (t) => {
  const why = async (file: string) => {
    const failed = await new ClusterApi(file).get("/", {}, signal()).catch((error) => error);
    return (failed as Error).message;
  };
  assert.match(await why("/nowhere/config"), /^the kubeconfig \/nowhere\/config cannot be used: E/);
  const broken = await why(await kubeconfig(t, "{"));
  assert.match(broken, /^the kubeconfig .* cannot be used: /);
  assert.doesNotMatch(broken, /\n/);
  const nobody = await why(await kubeconfig(t, configFor("http://127.0.0.1:1")));
  assert.match(nobody, /^no connection to the API server at http:\/\/127\.0\.0\.1:1: .*REFUSED/);
});
