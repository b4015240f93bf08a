import { each, invalid } from "../endpoint/invalid.ts";

/** What DigitalOcean takes as a tag: a word, not a key and a value. */
const TAG = /^[A-Za-z0-9:_-]{1,255}$/;

/** @throws InputPropertyError naming the entry. */
export function checkTags(tags: readonly string[] | undefined): void {
  each(tags ?? [], (tag, index) => {
    if (!TAG.test(tag)) {
      invalid(`tags[${index}]`, `"${tag}" is not a tag: letters, digits, : _ and -, at most 255`);
    }
  });
}

/** A tag of a component's own, by which its firewall finds its droplets. */
export const ownTag = (name: string): string => name.replace(/[^A-Za-z0-9:_-]+/g, "-");
