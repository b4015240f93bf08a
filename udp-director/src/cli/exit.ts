/**
 * Exit codes of every command: 0 all went well; 1 a check failed or nobody answered;
 * 2 wrong usage, wrong configuration, or a port that cannot be bound.
 */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with one message (may have several lines) and an exit code. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}
