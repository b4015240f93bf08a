import { z } from "zod";
import { parsePath } from "../selection/path.ts";
import { wrong } from "./fields.ts";

/** A JSONPath into a resource; the text is kept, its grammar is checked. */
export const path = (example: string) => {
  const error = wrong(`a JSONPath such as ${example}`);
  return z.string({ error }).refine((value) => parsePath(value) !== undefined, { error });
};
