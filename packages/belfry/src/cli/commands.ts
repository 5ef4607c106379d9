import { alertsCommand } from "./alerts.ts";
import { auditCommand } from "./audit.ts";
import { backupCommand } from "./backup.ts";
import { cancelCommand } from "./cancel.ts";
import { checkCommand } from "./check.ts";
import type { Command } from "./command.ts";
import { convertCommand } from "./convert.ts";
import { didCommand } from "./did.ts";
import { doctorCommand } from "./doctor.ts";
import type { Chapter } from "./help.ts";
import { initCommand } from "./init.ts";
import { logsCommand } from "./logs.ts";
import { nodesCommand } from "./nodes.ts";
import { pauseCommand } from "./pause.ts";
import { replayCommand } from "./replay.ts";
import { resumeCommand } from "./resume.ts";
import { runCommand } from "./run.ts";
import { runsCommand } from "./runs.ts";
import { showCommand } from "./show.ts";
import { tasksCommand } from "./tasks.ts";
import { tickCommand } from "./tick.ts";
import { upCommand } from "./up.ts";
import { whenCommand } from "./when.ts";
import { whyCommand } from "./why.ts";
import { zonesCommand } from "./zones.ts";

/** All verbs, as the overview groups them. */
export const CHAPTERS: readonly Chapter[] = [
  {
    title: "Begin",
    commands: [initCommand, upCommand, tickCommand, whenCommand, convertCommand, zonesCommand],
  },
  {
    title: "Look",
    commands: [tasksCommand, runsCommand, showCommand, logsCommand, didCommand, whyCommand],
  },
  {
    title: "Act",
    commands: [runCommand, replayCommand, cancelCommand, pauseCommand, resumeCommand],
  },
  {
    title: "Keep it well",
    commands: [
      alertsCommand,
      checkCommand,
      doctorCommand,
      nodesCommand,
      auditCommand,
      backupCommand,
    ],
  },
];

export const COMMANDS: readonly Command[] = CHAPTERS.flatMap(({ commands }) => commands);
