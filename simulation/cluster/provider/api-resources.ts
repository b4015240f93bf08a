import { type Json, type KubeClient, KubeError } from "../kube-client.ts";

/** An object as it is sent: what a path is made from. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Passed over for kinds outside of namespaces. */
  readonly namespace: string;
}

/** The API server has no such kind, or not yet: the words are client-go's. */
export class NoMatchError extends Error {
  constructor({ apiVersion, kind }: Pick<ObjectRef, "apiVersion" | "kind">) {
    super(`no matches for kind "${kind}" in version "${apiVersion}"`);
  }
}

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Which paths the kinds have, as the API server itself says. */
export class ApiResources {
  readonly #client: KubeClient;
  readonly #known = new Map<string, readonly Resource[]>();

  constructor(client: KubeClient) {
    this.#client = client;
  }

  /** @throws NoMatchError */
  async isNamespaced(ref: Pick<ObjectRef, "apiVersion" | "kind">): Promise<boolean> {
    return (await this.#resource(ref)).namespaced;
  }

  /**
   * Path of all objects of a kind in their namespace.
   *
   * @throws NoMatchError
   */
  async collection(ref: ObjectRef): Promise<string> {
    const { name, namespaced } = await this.#resource(ref);
    const within = namespaced ? `/namespaces/${ref.namespace}` : "";
    return `${groupPath(ref.apiVersion)}${within}/${name}`;
  }

  /** @throws NoMatchError */
  async path(ref: ObjectRef): Promise<string> {
    return `${await this.collection(ref)}/${ref.name}`;
  }

  async #resource({ apiVersion, kind }: Pick<ObjectRef, "apiVersion" | "kind">): Promise<Resource> {
    const find = () => this.#known.get(apiVersion)?.find((one) => one.kind === kind);
    const known = find();
    if (known !== undefined) return known;
    // A definition may have come since it was asked for last.
    try {
      const { resources } = await this.#client.get(groupPath(apiVersion));
      const own = resources.filter(({ name }: Json) => !name.includes("/"));
      this.#known.set(apiVersion, own);
    } catch (error) {
      if (!(error instanceof KubeError && error.status === 404)) throw error;
    }
    const fresh = find();
    if (fresh === undefined) throw new NoMatchError({ apiVersion, kind });
    return fresh;
  }
}

const groupPath = (apiVersion: string): string =>
  apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
