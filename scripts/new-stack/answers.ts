import { type PlatformRecipe, recipes } from "./platforms.ts";
import { type GivenPort, readPorts } from "./port-list.ts";
import { type Answers, nameQuestion, type Question } from "./questions.ts";

/** Asks on a terminal; the answer may be empty. `undefined`: nobody is there to ask. */
export type Ask = ((question: string) => Promise<string>) | undefined;

export interface Answered {
  readonly platform: string;
  readonly recipe: PlatformRecipe;
  readonly answers: Answers;
  readonly ports: readonly GivenPort[];
  readonly mistakes: readonly string[];
}

const PLATFORMS = Object.keys(recipes);
const EVERYWHERE = ["platform", "name", "ports"];

/** Every flag of every platform. */
export const FLAGS: readonly string[] = [
  ...new Set([
    ...EVERYWHERE,
    ...Object.values(recipes).flatMap(({ questions }) => questions.map(({ flag }) => flag)),
  ]),
];

/**
 * Takes what flags say, asks for the rest where somebody is there, and else takes what is usual.
 *
 * @returns All mistakes together, those of flags that the platform has no use for among them.
 */
export async function answer(given: Answers, ask: Ask): Promise<Answered | { mistakes: string[] }> {
  const platform = given.platform ?? (await ask?.(`Platform (${PLATFORMS.join(", ")}): `)) ?? "";
  const recipe = Object.hasOwn(recipes, platform) ? recipes[platform] : undefined;
  if (recipe === undefined) {
    const wrong = platform === "" ? "is missing" : `"${platform}" is not allowed`;
    return { mistakes: [`--platform: ${wrong}: give one of ${PLATFORMS.join(", ")}`] };
  }
  const questions = [nameQuestion, portsQuestion(recipe), ...recipe.questions];
  const useless = Object.keys(given).filter(
    (flag) => flag !== "platform" && !questions.some((one) => one.flag === flag),
  );
  const mistakes = useless.map((flag) => `--${flag}: a stack on ${platform} has no use for it`);
  const answers: Record<string, string> = {};
  for (const question of questions) {
    const text = await answerTo(question, given, answers, ask);
    if (text === undefined) {
      if (!question.optional) {
        mistakes.push(`--${question.flag}: is missing: ${question.asks}`);
      }
      continue;
    }
    const refusal = question.refuse?.(text);
    if (refusal !== undefined) {
      mistakes.push(`--${question.flag}: ${refusal}`);
    }
    answers[question.flag] = text;
  }
  const { ports, mistakes: wrong } = readPorts(answers.ports);
  const none =
    answers.ports !== undefined && ports.length === 0 ? "give one port at least" : undefined;
  const refusal = none ?? (ports.length > 0 ? recipe.refusePorts?.(ports) : undefined);
  const ofPorts = wrong.length > 0 || refusal === undefined ? wrong : [refusal];
  return {
    ...{ platform, recipe, answers, ports },
    mistakes: [...mistakes, ...ofPorts.map((one) => `--ports: ${one}`)],
  };
}

const portsQuestion = ({ ports }: PlatformRecipe): Question => ({
  flag: "ports",
  asks: `Ports that clients use, such as ${ports}`,
});

async function answerTo(question: Question, given: Answers, known: Answers, ask: Ask) {
  const usual = question.fallback?.(known);
  const asked = `${question.asks}${usual === undefined ? "" : ` [${usual}]`}: `;
  const beside = question.goesWith !== undefined && known[question.goesWith] === undefined;
  const text = given[question.flag] ?? (beside ? undefined : (await ask?.(asked))?.trim());
  return text === undefined || text === "" ? usual : text;
}
