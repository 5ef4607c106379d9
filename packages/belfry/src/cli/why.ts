import { why } from "../verbs/why.ts";
import { whyView } from "../views/why.ts";
import { type Command, defineCommand } from "./command.ts";
import { plain } from "./terminal/escape.ts";

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
    const view = whyView(await why(await session.context(), call.argument(0)));
    if (session.json) {
      session.document(view);
      return 0;
    }
    session.print(session.out.bold(plain(view.sentence)));
    const evidence = Object.entries(view.evidence).filter(([, value]) => value !== null);
    if (evidence.length > 0) {
      session.print("");
      session.fields(
        evidence.map(([name, value]) => [
          name,
          typeof value === "string" ? value : session.jsonText(value),
        ]),
      );
    }
    if (view.remedy.length > 0) session.print("");
    for (const command of view.remedy) session.print(`→ ${plain(command)}`);
    return 0;
  },
});
