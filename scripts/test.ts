import { globSync } from "node:fs";
import path from "node:path";
import { main } from "./terminal.ts";
import { runFiles, type Tally } from "./testing/run-files.ts";
import { runStaticChecks } from "./testing/static.ts";
import { TIERS, tierOf } from "./testing/tiers.ts";

const root = path.resolve(import.meta.dirname, "..");
const FOLDERS = "{components,infra,stacks,policy,udp-director,simulation,toolchain,scripts,test}";
const print = (line: string) => process.stdout.write(`${line}\n`);

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
  const files = globSync(`${FOLDERS}/**/*.test.ts`, {
    cwd: root,
    exclude: (name) => name === "node_modules",
  }).sort();
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
  for (const tier of TIERS.filter(({ name }) => wanted(name))) {
    const own = files.filter((file) => tierOf(file) === tier);
    await timed(`${tier.name}: ${tier.what}`, total, async () => {
      const reason = await tier.missing();
      if (reason !== undefined) {
        print(`  skipped  ${own.length} files: ${reason}`);
        return { passed: 0, failed: 0, skipped: own.length };
      }
      if (own.length === 0) {
        return { passed: 0, failed: 0, skipped: 0 };
      }
      await tier.prepare?.();
      return runFiles(tier, own, root, print);
    });
  }
  print(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
});

async function timed(title: string, total: Tally, tier: () => Promise<Tally>): Promise<void> {
  print(title);
  const started = performance.now();
  const tally = await tier();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  print(
    `  ${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped in ${seconds} s`,
  );
  total.passed += tally.passed;
  total.failed += tally.failed;
  total.skipped += tally.skipped;
}
