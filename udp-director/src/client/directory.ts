import { lookup } from "node:dns/promises";
import { type EndpointView, endpointsShape } from "../directory/shapes.ts";
import { type Measured, type MeasureRules, roundTripMs } from "./round-trip.ts";

/** An endpoint as the directory lists it. */
export type ListedEndpoint = EndpointView;

/** Where an endpoint directory is. */
export interface DirectoryTarget {
  /** Its URL: `http://directory.example:8080`; a path in front of `/v1/endpoints` may follow. */
  readonly url: string;
  /** Token of a directory that wants one. */
  readonly bearer?: string | undefined;
  /** Milliseconds for one answer. Left out: 5000. */
  readonly timeoutMs?: number;
}

/** What is wanted of an endpoint, and how round trips are measured. */
export interface NearestOptions extends Partial<MeasureRules> {
  /** Name of the port that is measured. Left out: the first TCP port, else the first UDP port. */
  readonly port?: string;
  /** Only endpoints of this region. */
  readonly region?: string;
  /** Only endpoints with these labels. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** An endpoint with the address of it that answered soonest. */
export interface NearEndpoint {
  readonly endpoint: ListedEndpoint;
  readonly address: string;
  /** Shortest round trip measured to that address. Milliseconds. */
  readonly roundTripMs: number;
}

/** The directory gave no usable list, or no endpoint of it that is wanted answered. */
export class NoEndpoint extends Error {
  override readonly name = "NoEndpoint";
}

/** Endpoints measured at a time; of a longer list the first are. */
const MOST_MEASURED = 64;
/** Longest list that is read. Bytes. */
const MAX_LIST_BYTES = 1_048_576;

const DEFAULTS: MeasureRules = {
  samples: 3,
  timeoutMs: 1000,
  payload: Buffer.from("round trip"),
};

/** What is kept of the last answer. */
interface Kept {
  readonly endpoints: readonly ListedEndpoint[];
  readonly etag: string | null;
  readonly until: number;
}

/**
 * A client of an endpoint directory. It keeps the list as long as the directory allows, asks again
 * with its ETag, and goes on with the list that it has while the directory does not answer.
 */
export class EndpointDirectory {
  readonly #target: DirectoryTarget;
  #kept: Kept | undefined;

  constructor(target: DirectoryTarget) {
    this.#target = target;
  }

  /** The endpoints, in the directory's order. Rejects with NoEndpoint while none were ever read. */
  async endpoints(): Promise<readonly ListedEndpoint[]> {
    if (this.#kept === undefined || performance.now() >= this.#kept.until) {
      try {
        this.#kept = await this.#ask(this.#kept);
      } catch (error) {
        if (this.#kept === undefined) {
          const { message } = error as Error;
          throw new NoEndpoint(`no endpoints from ${this.#target.url}: ${message}`);
        }
      }
    }
    return this.#kept.endpoints;
  }

  /**
   * Endpoints that are not known to be unhealthy and that answer, nearest first. The directory's
   * word on health is its own view; that an endpoint answers here is measured.
   */
  async ranked(options: NearestOptions = {}): Promise<readonly NearEndpoint[]> {
    const rules = { ...DEFAULTS, ...options };
    const wanted = (await this.endpoints()).filter((one) => wants(options, one));
    const measured = await Promise.all(
      wanted.slice(0, MOST_MEASURED).map((endpoint) => nearestAddress(endpoint, rules)),
    );
    return measured
      .filter((one) => one !== undefined)
      .toSorted((one, other) => one.roundTripMs - other.roundTripMs);
  }

  /** The nearest endpoint by measured round trip. Rejects with NoEndpoint where none answers. */
  async nearest(options: NearestOptions = {}): Promise<NearEndpoint> {
    const [first] = await this.ranked(options);
    if (first === undefined) {
      throw new NoEndpoint(`no endpoint of ${this.#target.url} that is wanted and healthy answers`);
    }
    return first;
  }

  async #ask(kept: Kept | undefined): Promise<Kept> {
    const { url, bearer, timeoutMs = 5000 } = this.#target;
    const response = await fetch(`${url.replace(/\/+$/, "")}/v1/endpoints`, {
      headers: {
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(kept?.etag ? { "if-none-match": kept.etag } : {}),
      },
      signal: AbortSignal.timeout(timeoutMs),
    });
    const until = performance.now() + maxAge(response.headers.get("cache-control")) * 1000;
    if (kept !== undefined && response.status === 304) return { ...kept, until };
    const text = await bounded(response);
    if (!response.ok) throw new Error(`status ${response.status}: ${text.slice(0, 200)}`);
    const { endpoints } = endpointsShape.parse(JSON.parse(text));
    return { endpoints, etag: response.headers.get("etag"), until };
  }
}

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_LIST_BYTES) throw new Error(`a list of more than ${MAX_LIST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const maxAge = (header: string | null): number =>
  Number(/(?:^|[ ,])max-age=(\d+)/.exec(header ?? "")?.[1] ?? 0);

function wants({ region, labels = {} }: NearestOptions, endpoint: ListedEndpoint): boolean {
  return (
    endpoint.healthy !== false &&
    (region === undefined || endpoint.region === region) &&
    Object.entries(labels).every(([key, value]) => endpoint.labels?.[key] === value)
  );
}

/** The address of an endpoint that answers soonest; undefined where none does. */
async function nearestAddress(
  endpoint: ListedEndpoint,
  rules: MeasureRules & NearestOptions,
): Promise<NearEndpoint | undefined> {
  const port = measuredPort(endpoint, rules.port);
  if (port === undefined) return undefined;
  const found = await Promise.all(
    (await addressesOf(endpoint)).map(async (address) => {
      const to: Measured = { address, port: port.port, protocol: port.protocol };
      return { endpoint, address, roundTripMs: await roundTripMs(to, rules) };
    }),
  );
  return found
    .filter((one): one is NearEndpoint => one.roundTripMs !== undefined)
    .toSorted((one, other) => one.roundTripMs - other.roundTripMs)[0];
}

const measuredPort = ({ ports }: ListedEndpoint, name: string | undefined) =>
  name === undefined
    ? (ports.find(({ protocol }) => protocol === "TCP") ?? ports[0])
    : ports.find((port) => port.name === name);

async function addressesOf({ addresses, hostname }: ListedEndpoint): Promise<readonly string[]> {
  if (addresses.length > 0 || hostname === undefined) return addresses;
  const found = await lookup(hostname, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}
