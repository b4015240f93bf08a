import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import type { Input } from "@pulumi/pulumi";
import {
  RESTRICTED_CONTAINER,
  restrictedPod,
  UNPRIVILEGED_ID,
} from "../../../components/kubernetes/restricted.ts";
import type { WebSocketPodSettings } from "../../../components/websocket/index.ts";
import { SERVERS_IMAGE } from "../../../simulation/cluster/server-image.ts";

/** A server of the edge program. */
export interface ServerArgs {
  readonly namespace: Input<string>;
  /** Of the image's own program. */
  readonly args?: readonly string[];
  /** A shell line to run in its place; `/data` is an empty folder. */
  readonly shell?: string;
  /** Port that says whether it is ready. */
  readonly port: number;
  /** Secret with a certificate, in `/tls`. */
  readonly tlsSecret?: Input<string> | undefined;
  readonly replicas?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Of pods that say over HTTP whether they are ready, until they leave. */
  readonly webSocket?: {
    readonly settings: WebSocketPodSettings;
    readonly scheme: "HTTP" | "HTTPS";
  };
}

/** A Deployment that the restricted pod security standard admits. */
export function server(name: string, args: ServerArgs): Deployment {
  const { webSocket, tlsSecret } = args;
  const labels = { app: name };
  return new Deployment(name, {
    metadata: { namespace: args.namespace },
    spec: {
      replicas: args.replicas ?? 1,
      selector: { matchLabels: labels },
      strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: "100%" } },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          ...(webSocket && {
            terminationGracePeriodSeconds: webSocket.settings.terminationGracePeriodSeconds,
          }),
          securityContext: { ...restrictedPod(), fsGroup: UNPRIVILEGED_ID },
          containers: [
            {
              ...{ name: "server", image: SERVERS_IMAGE },
              ...(args.args && { args: [...args.args] }),
              ...(args.shell && { command: ["/bin/sh", "-c", args.shell] }),
              ...(webSocket && { lifecycle: webSocket.settings.lifecycle }),
              env: Object.entries(args.env ?? {}).map(([key, value]) => ({ name: key, value })),
              readinessProbe: {
                ...(webSocket
                  ? { httpGet: { port: args.port, scheme: webSocket.scheme }, failureThreshold: 2 }
                  : { tcpSocket: { port: args.port } }),
                periodSeconds: 1,
              },
              securityContext: RESTRICTED_CONTAINER,
              volumeMounts: [
                { name: "data", mountPath: "/data" },
                ...(tlsSecret ? [{ name: "tls", mountPath: "/tls", readOnly: true }] : []),
              ],
            },
          ],
          volumes: [
            { name: "data", emptyDir: {} },
            // PostgreSQL takes no key that others can read.
            ...(tlsSecret
              ? [{ name: "tls", secret: { secretName: tlsSecret, defaultMode: 0o640 } }]
              : []),
          ],
        },
      },
    },
  });
}

/** The server's Service inside of the cluster, under its own name. */
export function service(
  name: string,
  namespace: Input<string>,
  ports: readonly { port: number; targetPort?: number; protocol?: string }[],
): void {
  new Service(`${name}-inside`, {
    metadata: { name, namespace, annotations: { "pulumi.com/skipAwait": "true" } },
    spec: {
      selector: { app: name },
      ports: ports.map(({ protocol = "TCP", ...port }) => ({
        ...{ name: `${protocol.toLowerCase()}-${port.port}`, protocol },
        ...port,
      })),
    },
  });
}

const POSTGRES = `$(echo /usr/lib/postgresql/*/bin)`;

/** Trust, as whoever is in this network is the test. */
export const POSTGRES_SHELL = [
  `${POSTGRES}/initdb -D /data/db -U postgres --auth=trust --no-locale -E UTF8 --no-sync`,
  "echo 'host all all all trust' >> /data/db/pg_hba.conf",
  [
    `exec ${POSTGRES}/postgres -D /data/db -k /data -c 'listen_addresses=*' -c timezone=GMT`,
    "-c ssl=on -c ssl_cert_file=/tls/tls.crt -c ssl_key_file=/tls/tls.key",
  ].join(" "),
].join(" && ");

export const MARIADB_SHELL = [
  "exec /usr/sbin/mariadbd --no-defaults --datadir=/data --skip-grant-tables --port=3306",
  // With the tables of privileges it would not listen, as it has none.
  "--skip-networking=0 --socket=/data/db.sock --pid-file=/data/db.pid --tmpdir=/data",
  "--innodb-buffer-pool-size=16M --innodb-log-file-size=8M --innodb-use-native-aio=0",
].join(" ");

export const REDIS_SHELL =
  "exec /usr/bin/redis-server --dir /data --bind 0.0.0.0 --protected-mode no --save ''";
