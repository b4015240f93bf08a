import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { type Answered, type Ask, answer, FLAGS } from "./new-stack/answers.ts";
import { stackFile } from "./new-stack/stack-file.ts";
import { Advice, main, root } from "./terminal.ts";

/**
 * `npm run new-stack [-- --platform P --name N --ports 8000/udp --zone Z …]`: writes a stack's file.
 * What no flag says is asked for on a terminal; `--yes` takes the usual answers, and `--print` writes
 * to standard output instead.
 */
await main(async () => {
  const { values, tokens } = parseArgs({
    options: {
      ...Object.fromEntries(FLAGS.map((flag) => [flag, { type: "string" as const }])),
      yes: { type: "boolean" },
      print: { type: "boolean" },
    },
    strict: false,
    tokens: true,
  });
  const unknown = tokens.flatMap((token) =>
    token.kind === "option"
      ? [...FLAGS, "yes", "print"].includes(token.name)
        ? []
        : [`${token.rawName}: is not known: there are --yes, --print, --${FLAGS.join(", --")}`]
      : token.kind === "positional"
        ? [`${token.value}: is not known: give flags`]
        : [],
  );
  const given = Object.fromEntries(
    FLAGS.flatMap((flag) => (typeof values[flag] === "string" ? [[flag, values[flag]]] : [])),
  );
  const answered = await withTerminal(!values.yes && unknown.length === 0, (ask) =>
    answer(given, ask),
  );
  const { text, name } = made(answered, unknown);
  if (values.print) {
    process.stdout.write(text);
    return;
  }
  const file = path.join(root, `Pulumi.${name}.yaml`);
  if (existsSync(file)) {
    throw new Advice(`Pulumi.${name}.yaml is there already: give another name, or delete it`);
  }
  await writeFile(file, text);
  process.stdout.write(
    `Pulumi.${name}.yaml is written.\n` +
      `  npm run preview -- ${name}    shows it on simulated clouds, with no account\n` +
      `  pulumi up --stack ${name}     makes it\n`,
  );
});

function made(answered: Answered | { mistakes: readonly string[] }, unknown: readonly string[]) {
  const mistakes = [...unknown, ...answered.mistakes];
  if ("recipe" in answered && mistakes.length === 0) {
    const { platform, recipe, answers, ports } = answered;
    const file = stackFile(platform, recipe, answers, ports);
    if (file.mistakes === undefined) {
      return { text: file.text, name: answers.name };
    }
    mistakes.push(...file.mistakes);
  }
  const count = mistakes.length === 1 ? "1 mistake" : `${mistakes.length} mistakes`;
  throw new Advice(
    [`${count}, nothing is written:`, ...mistakes.map((one) => `  ${one}`)].join("\n"),
  );
}

async function withTerminal<T>(wanted: boolean, use: (ask: Ask) => Promise<T>): Promise<T> {
  if (!wanted || !process.stdin.isTTY) {
    return use(undefined);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await use((question) => terminal.question(question));
  } finally {
    terminal.close();
  }
}
