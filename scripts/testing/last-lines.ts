/** The end of a text that grows: whole lines, as many as fit. */
export class LastLines {
  readonly #most: number;
  #text = "";
  #cut = false;

  /** @param most Characters that are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  add(text: string): void {
    this.#text += text;
    // Not at every addition: many short ones are the rule.
    if (this.#text.length > 2 * this.#most) this.#shorten();
  }

  /** Without blanks at its end; tells when something is missing at its beginning. */
  toString(): string {
    this.#shorten();
    return `${this.#cut ? "(the beginning is left out)\n" : ""}${this.#text}`.trimEnd();
  }

  #shorten(): void {
    if (this.#text.length <= this.#most) return;
    // Where the cut falls between two lines, the first one is whole.
    const from = this.#text.length - this.#most;
    const line = this.#text.indexOf("\n", from - 1) + 1;
    this.#text = this.#text.slice(line > 0 && line < this.#text.length ? line : from);
    this.#cut = true;
  }
}
