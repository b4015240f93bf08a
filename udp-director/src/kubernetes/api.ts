/** The API server answered with something other than what was asked for. */
export class ApiStatusError extends Error {
  override readonly name = "ApiStatusError";
  /** HTTP status code; 410 also stands for an ERROR event of a watch. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Query parameters of a request. */
export type ApiParameters = Readonly<Record<string, string>>;

/**
 * The two ways in which discovery reads from an API server. Both reject with ApiStatusError for
 * an answer other than 200, else with whatever error the connection had.
 */
export interface KubernetesApi {
  /** The JSON of a whole answer. */
  get(path: string, parameters: ApiParameters, signal: AbortSignal): Promise<unknown>;
  /** Resolves once the answer has begun, with its lines, parsed; they end when the server does. */
  stream(
    path: string,
    parameters: ApiParameters,
    signal: AbortSignal,
  ): Promise<AsyncIterable<unknown>>;
}

/** A line of a watch. Source: Kubernetes API Concepts, "Efficient detection of changes". */
export interface WatchEvent {
  readonly type: string;
  readonly object: unknown;
}
