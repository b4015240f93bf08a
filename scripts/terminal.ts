import path from "node:path";

/** The folder of the repository. */
export const root = path.resolve(import.meta.dirname, "..");

/** A person made or can mend this: one line, no stack trace, exit code 1. */
export class Advice extends Error {
  override readonly name = "Advice";
}

/** A line about what is going on; standard error, so that standard output stays the result. */
export function say(line: string): void {
  process.stderr.write(`· ${line}\n`);
}

/** Runs a command of this folder and turns its failure into an exit code. */
export async function main(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    const known = error instanceof Advice || (error as Error)?.name === "NoPulumiCliError";
    process.stderr.write(
      `error: ${known ? (error as Error).message : ((error as Error)?.stack ?? error)}\n`,
    );
    process.exitCode = 1;
  }
}
