/** What a stack's settings are made from, by flag; without the leading dashes. */
export type Answers = Readonly<Record<string, string>>;

/** Something to know, as a flag or as a question on the terminal. */
export interface Question {
  readonly flag: string;
  readonly asks: string;
  /** Taken where nothing is answered; `undefined`: an answer is needed, unless `optional`. */
  readonly fallback?: (known: Answers) => string;
  readonly optional?: boolean;
  /** Another flag without which it is not asked for. */
  readonly goesWith?: string;
  /** Why an answer cannot be taken. */
  readonly refuse?: (answer: string) => string | undefined;
}

const NAME = /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/;
const ZONE = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;

const unless = (pattern: RegExp, what: string) => (answer: string) =>
  pattern.test(answer) ? undefined : `"${answer}" is not allowed: give ${what}`;

export const nameQuestion: Question = {
  flag: "name",
  asks: "Name of the stack",
  refuse: unless(NAME, "at most 40 of a-z, 0-9 and hyphens, a letter first"),
};

const zone: Question = {
  flag: "zone",
  asks: "Cloudflare zone",
  refuse: unless(ZONE, 'a zone such as "example.com"'),
};
const dnsName: Question = {
  flag: "dns-name",
  asks: "Name within the zone",
  fallback: ({ name = "" }) => name,
  goesWith: "zone",
};

/** The zone and a name in it, where a stack can do without. */
export const maybeNamed: readonly Question[] = [
  { ...zone, asks: "Cloudflare zone, nothing for no name", optional: true },
  dnsName,
];
export const named: readonly Question[] = [zone, dnsName];

export const addresses = (fallback: string): Question => ({
  flag: "addresses",
  asks: "Addresses that the cluster may hand out",
  fallback: () => fallback,
});

export const image = (asks: string, repository: (known: Answers) => string): Question => ({
  flag: "image",
  asks,
  fallback: (known) => `registry.example.com/${repository(known)}:0.1.0`,
});

/** The zone's part of a block, or nothing. */
export function dnsOf(answers: Answers): { dns?: { zone: string; name: string } } {
  const { zone: given, "dns-name": name } = answers;
  return given === undefined || name === undefined ? {} : { dns: { zone: given, name } };
}
