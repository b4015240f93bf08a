import { readFile } from "node:fs/promises";
import {
  DirectorRefusal,
  DirectorUnreachable,
  type Grant,
  type Query,
  type QueryTarget,
  query,
} from "../client/index.ts";
import { CliError, EXIT } from "./exit.ts";

/** Options that name a director and the backend wanted of it. */
export interface QueryOptions {
  readonly host: string;
  readonly queryPort: number;
  readonly type: string;
  readonly namespace: string;
  readonly selector?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly status?: string;
  readonly portRange?: string;
  readonly timeout: number;
  /** Files of the query port's TLS and token; any of the first three switches TLS on. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly bearerFile?: string;
}

async function content(option: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  return readFile(path, "utf8").catch((error: Error) => {
    throw new CliError(`--${option}: cannot read ${path}: ${error.message}`, EXIT.usage);
  });
}

/** The query port that the options describe. */
export async function queryTarget(options: QueryOptions): Promise<QueryTarget> {
  const { host, queryPort, timeout } = options;
  const [ca, cert, key] = [
    await content("ca", options.ca),
    await content("cert", options.cert),
    await content("key", options.key),
  ];
  const bearer = (await content("bearer-file", options.bearerFile))?.trim();
  const tls = ca !== undefined || cert !== undefined || key !== undefined;
  return {
    host,
    queryPort,
    timeoutMs: timeout,
    ...(bearer === undefined ? {} : { bearer }),
    ...(tls
      ? { tls: { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) } }
      : {}),
  };
}

function statusQuery(text: string): Query["statusQuery"] {
  const at = text.indexOf("=");
  if (at < 1) throw new CliError("--status: expected path=value[,value...]", EXIT.usage);
  return { jsonPath: text.slice(0, at), expectedValues: text.slice(at + 1).split(",") };
}

/** The query that the options describe; `selector` may stand in for theirs. */
export function wantedBackend(options: QueryOptions, selector = options.selector): Query {
  const { type, namespace, annotations, status, portRange } = options;
  const condition = status === undefined ? undefined : statusQuery(status);
  return {
    resourceType: type,
    namespace,
    ...(selector ? { labelSelector: selector } : {}),
    ...(annotations ? { annotationSelector: annotations } : {}),
    ...(condition ? { statusQuery: condition } : {}),
    ...(portRange === undefined ? {} : { portRange }),
  };
}

/** Asks for a token; a refusal or silence ends the command with exit code 1. */
export async function askFor(options: QueryOptions, wanted: Query): Promise<Grant> {
  const target = await queryTarget(options);
  return failing(query(target, wanted), "the director refuses: ");
}

/** Turns the client library's errors into exit code 1 and one line. */
export async function failing<T>(work: Promise<T>, refusal = ""): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof DirectorRefusal) throw new CliError(refusal + error.message, EXIT.failed);
    if (error instanceof DirectorUnreachable) throw new CliError(error.message, EXIT.failed);
    throw error;
  }
}
