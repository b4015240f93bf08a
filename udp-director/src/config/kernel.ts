import { z } from "zod";
import { object, port, whole } from "./fields.ts";

type Loose = { readonly [key: string]: unknown };
type Report = (path: (string | number)[], message: string) => void;

/**
 * Rules between `kernel` and the director's ports: `taken` are they, as `udp 7777`, by the key that
 * has them; `ranges` the port ranges. Trusts no shape.
 */
export function checkKernel(
  kernel: Loose,
  taken: ReadonlyMap<string, string>,
  ranges: readonly Loose[],
  report: Report,
): void {
  if (kernel.enabled !== true) return;
  const { from = 20_000, to = 60_999 } = (kernel.sourcePorts ?? {}) as Loose;
  if (typeof from !== "number" || typeof to !== "number") return;
  const path = ["kernel", "sourcePorts"];
  for (const [port, key] of taken) {
    const [kind, digits] = port.split(" ");
    const number = Number(digits);
    if (kind === "udp" && number >= from && number <= to) {
      report(
        path,
        `${from} to ${to} hold UDP ${number} of ${key}; backends' packets need their own`,
      );
    }
  }
  for (const [index, range] of ranges.entries()) {
    const { from: first, to: last, protocol } = range;
    if (typeof first !== "number" || typeof last !== "number" || protocol === "tcp") continue;
    if (first <= to && last >= from) {
      report(
        path,
        `${from} to ${to} overlap portRanges[${index}]; backends' packets need their own`,
      );
    }
  }
}

/** The `kernel` block: established sessions forwarded by the kernel itself. */
export const kernelSchema = object({
  enabled: z
    .boolean({ error: "expected true or false" })
    .default(false)
    .describe(
      "Have nftables forward established sessions; needs CAP_NET_ADMIN and forwarding of IP",
    ),
  ebpf: z
    .boolean({ error: "expected true or false" })
    .default(true)
    .describe(
      "Have a program in the kernel take established sessions past routing and filters where it can; needs CAP_BPF as well and Linux 6.6",
    ),
  sourcePorts: object({
    from: port().default(20_000).describe("First one"),
    to: port().default(60_999).describe("Last one"),
  })
    .refine(({ from, to }) => to - from >= 999, "expected at least 1000 ports, `from` below `to`")
    .prefault({})
    .describe("Ports that backends see, which nothing else on the host may use for UDP"),
  maxFlows: whole(1, 5_000_000)
    .default(100_000)
    .describe("Sessions times data ports that the kernel forwards; others go on in userspace"),
});
