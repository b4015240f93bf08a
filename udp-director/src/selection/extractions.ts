import type { Extraction } from "./extract.ts";
import type { Resource } from "./resource.ts";

/** What has been read of the resources of one type: neither they nor how they are read change. */
export class Extractions {
  readonly #read: (resource: Resource) => Extraction;
  readonly #byResource = new WeakMap<Resource, Extraction>();
  readonly #byList = new WeakMap<readonly Resource[], Extraction[]>();

  constructor(read: (resource: Resource) => Extraction) {
    this.#read = read;
  }

  /** Of a resource that may be in any list. */
  of(resource: Resource): Extraction {
    let extraction = this.#byResource.get(resource);
    if (extraction === undefined) {
      extraction = this.#read(resource);
      this.#byResource.set(resource, extraction);
    }
    return extraction;
  }

  /**
   * Of the resources of a list that will be asked about again, each by its place: one query may
   * go through thousands, and looking each up by itself takes several times as long.
   */
  in(list: readonly Resource[]): (resource: Resource, at: number) => Extraction {
    const known = this.#byList.get(list) ?? [];
    this.#byList.set(list, known);
    return (resource, at) => {
      let extraction = known[at];
      if (extraction === undefined) {
        extraction = this.of(resource);
        known[at] = extraction;
      }
      return extraction;
    };
  }
}
