/** A comment or issue of a forge. */
export interface Note {
  readonly id: number;
  readonly body: string;
  /** Whether the account of this token wrote it: nobody else's text is ever edited. */
  readonly own: boolean;
}

/** Where notes are: the comments of one pull request, or the open issues of one label. */
export interface Notes {
  list(): Promise<readonly Note[]>;
  create(body: string): Promise<void>;
  update(id: number, body: string): Promise<void>;
  /** Closes a note that is an issue, after a last word. */
  close?(id: number, word: string): Promise<void>;
}

export type Outcome = "created" | "updated" | "unchanged" | "closed" | "none";

/** Invisible line by which a note is found again. */
const marked = (key: string, body: string): string => `<!-- pulumi-udp: ${key} -->\n${body}`;

const found = async (notes: Notes, key: string): Promise<Note | undefined> =>
  (await notes.list()).find(({ body, own }) => own && body.startsWith(marked(key, "")));

/**
 * Puts a text where its key's last one is, so that a pull request has one comment a stack however
 * often it is pushed to.
 */
export async function putNote(notes: Notes, key: string, body: string): Promise<Outcome> {
  const text = marked(key, body);
  const note = await found(notes, key);
  if (note === undefined) {
    await notes.create(text);
    return "created";
  }
  if (note.body === text) {
    return "unchanged";
  }
  await notes.update(note.id, text);
  return "updated";
}

/** Closes what `putNote` opened, if it is still there. */
export async function closeNote(notes: Notes, key: string, word: string): Promise<Outcome> {
  const note = await found(notes, key);
  if (note === undefined) {
    return "none";
  }
  await notes.close?.(note.id, word);
  return "closed";
}
