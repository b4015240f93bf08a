import path from "node:path";
import { compileCacheFolder } from "../toolchain/cache.ts";
import { main } from "./terminal.ts";
import { runFiles, type Tally } from "./testing/run-files.ts";
import { sourceFiles } from "./testing/source-folders.ts";
import { runStaticChecks } from "./testing/static.ts";
import { sideBySide, TIERS, type Tier, tierOf } from "./testing/tiers.ts";

const root = path.resolve(import.meta.dirname, "..");
const print = (line: string) => process.stdout.write(`${line}\n`);

// Compiled code is kept between files and runs, of what tests start as well.
process.env.NODE_COMPILE_CACHE ??= compileCacheFolder();

/** `npm test [-- tier …]`: every tier that this machine can run, or only the named ones. */
await main(async () => {
  const asked = process.argv.slice(2);
  const unknown = asked.filter(
    (name) => name !== "static" && !TIERS.some((tier) => tier.name === name),
  );
  if (unknown.length > 0) {
    print(
      `there is no tier ${unknown.join(", ")}: static, ${TIERS.map(({ name }) => name).join(", ")}`,
    );
    process.exitCode = 2;
    return;
  }
  const files = sourceFiles(root, ".test.ts");
  const stray = files.filter((file) => tierOf(file) === undefined);
  const total: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const file of stray) {
    total.failed += 1;
    print(`FAILED   ${file} belongs to no tier: name it x[.tier].test.ts`);
  }

  const wanted = (name: string) => asked.length === 0 || asked.includes(name);
  if (wanted("static")) {
    await timed("static: types, lint, format", total, async () => runStaticChecks(root, print));
  }
  const chosen = TIERS.filter(({ name }) => wanted(name));
  for (const group of sideBySide(chosen)) {
    // Builds come first: a test beside one would wait for a processor until its time is over.
    const missing = new Map<Tier, string | undefined>();
    for (const tier of group) {
      missing.set(tier, await tier.missing());
      if (missing.get(tier) === undefined) await tier.prepare?.();
    }
    await Promise.all(
      group.map(async (tier, index) => {
        // Two at a time would write into each other's lines: the second one's come at its end.
        const later: string[] = [];
        const tell = index === 0 ? print : (line: string) => void later.push(line);
        const own = files.filter((file) => tierOf(file) === tier);
        await timed(
          `${tier.name}: ${tier.what}`,
          total,
          () => runTier(tier, own, missing.get(tier), tell),
          tell,
        );
        for (const line of later) print(line);
      }),
    );
  }
  print(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  // What a file that was ended had started may hold this process's pipes: nobody waits for that.
  process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
});

async function runTier(
  tier: Tier,
  files: readonly string[],
  reason: string | undefined,
  tell: (line: string) => void,
): Promise<Tally> {
  if (reason !== undefined) {
    tell(`  skipped  ${files.length} files: ${reason}`);
    return { passed: 0, failed: 0, skipped: files.length };
  }
  if (files.length === 0) {
    return { passed: 0, failed: 0, skipped: 0 };
  }
  return runFiles(tier, files, root, tell);
}

async function timed(
  title: string,
  total: Tally,
  tier: () => Promise<Tally>,
  tell: (line: string) => void = print,
): Promise<void> {
  tell(title);
  const started = performance.now();
  const tally = await tier();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  tell(
    `  ${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped in ${seconds} s`,
  );
  total.passed += tally.passed;
  total.failed += tally.failed;
  total.skipped += tally.skipped;
}
