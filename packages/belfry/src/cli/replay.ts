import { runReference } from "../core/run-reference.ts";
import { replay } from "../verbs/trigger.ts";
import { runView } from "../views/run.ts";
import { type Command, defineCommand } from "./command.ts";

export const replayCommand: Command = defineCommand({
  name: "replay",
  summary: "Does again what an ended run did, as a new run that points at it",
  details: [
    "It takes the definition of today and the payload of then, and keeps the idempotency key and " +
      "the checkpoint, so that it goes on where the old one stopped; --fresh keeps neither.",
  ],
  arguments: [{ name: "RUN", presence: "required" }],
  options: { fresh: { help: "without the old idempotency key and checkpoint" } },
  examples: [["belfry replay backup@2026-11-24T02:30Z", "the run of that occurrence again"]],
  async run(session, call) {
    const context = await session.context();
    const run = await replay(context, call.argument(0), { fresh: call.has("fresh") });
    if (session.json) session.document(runView(run));
    else session.print(run.id);
    session.say(session.err.dim(`See it with \`belfry logs ${runReference(run)} --follow\`.`));
    return 0;
  },
});
