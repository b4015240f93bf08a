/** Notes or issues of a page, which is as many as GitHub and GitLab give at once. */
const PAGE = 100;
/** Pages that are read at most: a pull request with more comments than that gets a new one. */
const MOST_PAGES = 20;
const TIMEOUT_MS = 30_000;

/** A JSON API of a forge, with its token in each request. */
export class Rest {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param url Without a slash at its end, such as `https://api.github.com`. */
  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.#url = url;
    this.#headers = headers;
  }

  /** @throws Error with status and answer, where it is none of the 2xx. */
  async call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { ...this.#headers, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 500)}`);
    }
    return text === "" ? undefined : JSON.parse(text);
  }

  /** Everything of a list, page by page. */
  async all<T>(path: string): Promise<readonly T[]> {
    const found: T[] = [];
    for (let page = 1; page <= MOST_PAGES; page++) {
      const separator = path.includes("?") ? "&" : "?";
      const items = (await this.call(
        "GET",
        `${path}${separator}per_page=${PAGE}&page=${page}`,
      )) as T[];
      found.push(...items);
      if (items.length < PAGE) {
        break;
      }
    }
    return found;
  }
}
