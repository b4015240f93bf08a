import { type ExpressionKind, expressionMistake } from "../selection/expression.ts";
import { text } from "./fields.ts";

/** A CEL expression; the text is kept, what it reads and gives is checked. */
export const expression = (kind: ExpressionKind) =>
  text("a CEL expression").superRefine((value, context) => {
    const message = expressionMistake(value, kind);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });
