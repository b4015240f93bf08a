import {
  DirectorRefusal,
  DirectorUnreachable,
  type Grant,
  type Query,
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
  readonly timeout: number;
}

function statusQuery(text: string): Query["statusQuery"] {
  const at = text.indexOf("=");
  if (at < 1) throw new CliError("--status: expected path=value[,value...]", EXIT.usage);
  return { jsonPath: text.slice(0, at), expectedValues: text.slice(at + 1).split(",") };
}

/** The query that the options describe; `selector` may stand in for theirs. */
export function wantedBackend(options: QueryOptions, selector = options.selector): Query {
  const { type, namespace, annotations, status } = options;
  const condition = status === undefined ? undefined : statusQuery(status);
  return {
    resourceType: type,
    namespace,
    ...(selector ? { labelSelector: selector } : {}),
    ...(annotations ? { annotationSelector: annotations } : {}),
    ...(condition ? { statusQuery: condition } : {}),
  };
}

/** Asks for a token; a refusal or silence ends the command with exit code 1. */
export function askFor(options: QueryOptions, wanted: Query): Promise<Grant> {
  const { host, queryPort, timeout } = options;
  return failing(query({ host, queryPort, timeoutMs: timeout }, wanted), "the director refuses: ");
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
