import { z } from "zod";
import { compareText } from "./compare-text.ts";
import { advise, must } from "./issues.ts";

const TAG = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;
const TAG_MESSAGE = advise(
  "is no tag of a node",
  "a tag has at most 64 letters, digits and - _ . :, and begins with a letter or a digit",
);

/** What is special about a node, in one word. */
export const nodeTagSchema: z.ZodType<string, string> = z
  .string({ error: TAG_MESSAGE })
  .regex(TAG, { error: TAG_MESSAGE });

/** Several, each once and in order: however they are written, a definition has one hash. */
export const nodeTagsSchema: z.ZodType<readonly string[], string[]> = z
  .array(nodeTagSchema, { error: must("a list of tags", 'for example ["gpu", "eu"]') })
  .transform((tags) => [...new Set(tags)].sort(compareText));
