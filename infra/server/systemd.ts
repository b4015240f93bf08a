/** Lines of a file. */
export const lines = (given: readonly string[]): string =>
  given.map((line) => `${line}\n`).join("");

/**
 * A word of a command as systemd reads it: `%` and `$` would be replaced.
 *
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#Command%20lines
 */
export function systemdWord(word: string): string {
  const plain = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w@%+=:,./$-]+$/.test(plain)
    ? plain
    : `"${plain.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** Words of a command. */
export const systemdCommand = (words: readonly string[]): string =>
  words.map(systemdWord).join(" ");
