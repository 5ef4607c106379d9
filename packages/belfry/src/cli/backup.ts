import { resolve } from "node:path";
import { type Command, defineCommand } from "./command.ts";
import { plain } from "./terminal/escape.ts";
import { instantWords } from "./terminal/time-words.ts";
import { byteWords, counted } from "./words.ts";

export const backupCommand: Command = defineCommand({
  name: "backup",
  summary: "Copies the store into one file, while nodes work",
  details: [
    "The copy is consistent, checked, on the disk before it gets its name, and for its owner only " +
      "(0600): payloads are in it. Not in it are logs, unless --logs copies them into FILE-logs, " +
      "and neither configuration nor task files nor secrets. To restore it see docs/operations.md.",
  ],
  arguments: [{ name: "FILE", presence: "required" }],
  options: {
    logs: { help: "what runs wrote too, a file a day, into the folder FILE-logs" },
    force: { help: "replace FILE where it is there" },
  },
  examples: [["belfry backup /backup/belfry-$(date +%F).db", "one a day, each kept"]],
  async run(session, call) {
    const { store, clock, by } = await session.context();
    const config = await session.config();
    const file = resolve(session.io.cwd, call.argument(0));
    const at = clock.now();
    const logs = call.has("logs") ? "copied" : "left";
    const existing = call.has("force") ? "replaced" : "kept";
    const deed = { actor: by, what: "store.backup", subject: file, task: null, before: null };
    const { backUpStore } = await import("../main/upkeep.ts");
    // First, so that the copy too knows of its making.
    const backup = await backUpStore(config, { file, existing, logs }, () =>
      store.recordDeed({ ...deed, after: JSON.stringify({ logs }) }, at),
    );
    if (session.json) {
      const made = { file, at: new Date(at).toISOString(), bytes: backup.bytes };
      session.document({ ...made, logs: backup.logs });
      return 0;
    }
    const { out } = session;
    const when = instantWords(at, config.timeZone);
    session.print(`${out.good("✓")} ${plain(file)}  ${byteWords(backup.bytes)}, as of ${when}`);
    if (backup.logs !== null) {
      const { folder, files, bytes } = backup.logs;
      const what = `${counted(files, "day")} of logs, ${byteWords(bytes)}`;
      session.print(`${out.good("✓")} ${plain(folder)}  ${what}`);
    }
    const left = backup.logs === null ? "logs (--logs copies them), " : "";
    session.say(`Not in it: ${left}configuration, task files, secrets.`);
    return 0;
  },
});
