import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

/** docs/simulation.md, done as it says: a project of one's own, and the scripts that run it. */

const root = path.resolve(import.meta.dirname, "..");
const page = await readFile(path.join(root, "docs", "simulation.md"), "utf8");

/** The code block that begins with a comment of that name. */
function block(name: string): string {
  const found = [...page.matchAll(/^```\w+\n(?:\/\/|#) (\S+)\n([\s\S]*?)^```$/gm)].find(
    ([, title]) => title === name,
  );
  assert.ok(found?.[2], `docs/simulation.md has no block ${name}`);
  return found[2];
}

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "simulation-docs-"));
  await symlink(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  await writeFile(path.join(folder, "package.json"), '{ "type": "module" }');
  for (const name of ["Pulumi.yaml", "index.ts"]) {
    await writeFile(path.join(folder, name), block(name));
  }
});
after(() => rm(folder, { recursive: true, force: true }));

/** Runs a script of the page, with its two places filled in. */
async function run(name: string): Promise<string> {
  const script = path.join(folder, name);
  const text = block(name)
    .replaceAll('"./simulation/', `"${path.join(root, "simulation")}/`)
    .replaceAll("/path/to/project", folder);
  await writeFile(script, text);
  const { stdout } = await promisify(execFile)(process.execPath, [script], {
    cwd: root,
    timeout: 120_000,
  });
  return stdout;
}

test("preview.ts tells what the program registers", async () => {
  const told = await run("preview.ts");
  assert.match(told, /PublicIPAddress::edge/);
  assert.match(told, /idleTimeoutInMinutes: 10/);
  assert.match(told, /^0 \[/m, "the exit code, and what was warned of");
});

test("deploy.ts goes through a program's life", async () => {
  const told = await run("deploy.ts");
  assert.match(told, /^up \{ create: 3 \} \{ address: '[\d.]+' \}$/m);
  assert.match(told, /^changed \{ same: 2, update: 1 \}$/m);
  assert.match(told, /^drift \{[^}]*update: 1/m);
  assert.match(told, /^fault false$/m);
  assert.match(told, /^again \{[^}]*create: 1/m);
  assert.match(told, /^destroy \{ delete: 3 \}$/m);
});

test("the worlds of the page are worlds", async () => {
  const worlds = [...page.matchAll(/^```ts\n(const world = [\s\S]*?)^```$/gm)].map(
    ([, text]) => text,
  );
  assert.equal(worlds.length, 2);
  for (const [index, text] of worlds.entries()) {
    const script = path.join(folder, `world-${index}.ts`);
    const store = JSON.stringify(path.join(root, "simulation", "cloud", "store.ts"));
    await writeFile(
      script,
      `import { memoryStore } from ${store};\n${text}\nconsole.log(JSON.stringify((await memoryStore(world).read()).seed));\n`,
    );
    const { stdout } = await promisify(execFile)(process.execPath, [script]);
    assert.ok(Object.keys(JSON.parse(stdout)).length > 0);
  }
});
