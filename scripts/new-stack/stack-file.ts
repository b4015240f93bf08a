import { stringify } from "yaml";
import { parseSettings, SettingsError } from "../../stacks/settings/index.ts";
import type { PlatformRecipe } from "./platforms.ts";
import type { GivenPort } from "./port-list.ts";
import type { Answers } from "./questions.ts";

/** A stack's file, or everything that is wrong with what it would be made from. */
export type StackFile =
  | { readonly text: string; readonly mistakes?: never }
  | { readonly mistakes: readonly string[] };

/** The text of `Pulumi.<stack>.yaml`; the stack's own settings schema has the last word on it. */
export function stackFile(
  platform: string,
  recipe: PlatformRecipe,
  answers: Answers,
  ports: readonly GivenPort[],
): StackFile {
  const block = `udp:${platform}`;
  const settings = recipe.settings(answers, ports);
  try {
    parseSettings({ "udp:platform": platform, [block]: JSON.stringify(settings) });
  } catch (error) {
    if (error instanceof SettingsError) {
      return { mistakes: error.mistakes };
    }
    throw error;
  }
  const head = [
    recipe.about,
    `Credentials: ${recipe.credentials}`,
    "Every setting: docs/settings.md",
  ];
  const text = [
    "# yaml-language-server: $schema=stacks/settings/schema.json",
    ...head.flatMap((one) => one.split("\n")).map((line) => `# ${line}`),
    stringify({ config: { "udp:platform": platform, [block]: settings } }, { lineWidth: 0 }),
  ];
  return { text: text.join("\n") };
}
