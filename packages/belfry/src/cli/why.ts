import { why } from "../verbs/why.ts";
import { whyView } from "../views/why.ts";
import { type Command, defineCommand } from "./command.ts";
import { plain } from "./terminal/escape.ts";
import { instantWords } from "./terminal/time-words.ts";

export const whyCommand: Command = defineCommand({
  name: "why",
  summary: "Tells why a task or a run is not running, or ended as it did",
  details: ["It names one cause, what shows it, and the command that lifts it."],
  arguments: [{ name: "TASK|RUN", presence: "required" }],
  options: {},
  examples: [
    ["belfry why backup", "why it is not running now"],
    ["belfry why backup@latest", "why its newest run ended as it did"],
  ],
  async run(session, call) {
    const context = await session.context();
    const subject = call.argument(0);
    if (session.json) {
      session.document(whyView(await why(context, subject)));
      return 0;
    }
    const { sentence, evidence, remedy } = await why(context, subject, instantWords);
    session.print(session.out.bold(plain(sentence)));
    // What an error said stands in the sentence already.
    const shown = Object.entries(evidence).filter(([name]) => name !== "error");
    const told = shown.filter(([, value]) => value !== null);
    if (told.length > 0) {
      session.print("");
      session.fields(told.map(([name, value]) => [name, evidenceWords(value)]));
    }
    if (remedy.length > 0) session.print("");
    for (const command of remedy) session.print(`→ ${plain(command)}`);
    return 0;
  },
});

/** `a, b` for a list, `id n1 running 3` for what has names. */
function evidenceWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(evidenceWords).join(", ");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([name, each]: [string, unknown]) => `${name} ${evidenceWords(each)}`)
    .join(" ");
}
