import { openSync } from "node:fs";
import { createInterface } from "node:readline";
import { loadAddon } from "../../../native/addon.ts";
import { nativeAddonFile } from "../../../native/build.ts";
import type { Flow } from "../../flow.ts";
import { Shortcut } from "../shortcut.ts";

/** What a line of input asks for; each is answered by a line. */
export type Asked =
  | { readonly add: Flow }
  | { readonly remove: Flow }
  | { readonly epoch: true }
  | { readonly counts: true }
  /** Takes all file descriptors that the process may have; answers how many were free. */
  | { readonly exhaust: true }
  /** A frame in hex that comes to a device. */
  | { readonly frame: string; readonly device: number };

const MAX_FRAME = 16_384;

/** A program of the kernel in a host of the lab, which a test has run on packets. */
const [magic = ""] = process.argv.slice(2);
const file = await nativeAddonFile({ environment: process.env });
const { bpf } = loadAddon(file);
const shortcut = Shortcut.open({
  ...{ bpf, magic: Buffer.from(magic, "hex"), maxFlows: 1000 },
  note: (message) => console.error(message),
});

function answer(asked: Asked): unknown {
  if ("add" in asked) return shortcut.add(asked.add);
  if ("remove" in asked) return shortcut.remove(asked.remove);
  if ("epoch" in asked) return shortcut.nextEpoch();
  if ("counts" in asked) return shortcut.counts();
  if ("exhaust" in asked) return exhaust();
  const out = Buffer.alloc(MAX_FRAME);
  const frame = Buffer.from(asked.frame, "hex");
  const ran = bpf.run(shortcut.program, asked.device, frame, out);
  if (typeof ran === "number") throw new Error(`it did not run: ${ran}`);
  const [verdict, length] = ran;
  return { verdict, frame: out.toString("hex", 0, length) };
}

function exhaust(): number {
  for (let opened = 0; ; opened++) {
    try {
      openSync("/dev/null", "r");
    } catch {
      return opened;
    }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(answer(JSON.parse(line)) ?? null));
}
