import { clientOf, load, openStore, recorderOn } from "./kept.ts";

/*
 * A director that starts, as far as its sessions go: says how long it took to have those that
 * another one kept, as JSON. A process of its own, since a director that starts is cold and empty.
 *
 * recover.ts KIND WHERE COUNT
 */
const [kind = "", where = "", count = "0"] = process.argv.slice(2);
/** Look-ups at a time. */
const TOGETHER = 500;

const started = performance.now();
const store = openStore(kind, where);
let restored = await load(store, recorderOn(store));
if (store.lookUp !== undefined) {
  // A store that is shared gives each session when its client sends again: everybody does.
  for (let n = 0; n < Number(count); n += TOGETHER) {
    const some = Array.from({ length: Math.min(TOGETHER, Number(count) - n) }, (_, one) => {
      const { address, port } = clientOf(n + one);
      return store.lookUp?.(address, port, undefined);
    });
    for (const found of await Promise.all(some)) if (found?.session) restored++;
  }
}
const seconds = (performance.now() - started) / 1000;
process.stdout.write(JSON.stringify({ restored, seconds }));
await store.close();
