import { downtimeWords, troubleWords } from "../core/alert-text.ts";
import type { Incident } from "../core/incident.ts";
import { type Diagnosis, doubtful } from "./diagnosis.ts";
import { relativeWords } from "./terminal/time-words.ts";

/**
 * Tasks that fail and have not worked since, and downtimes that nobody has been told of yet. It is
 * no fault of the set-up that a task fails, so it counts as doubtful.
 */
export function diagnoseIncidents(open: readonly Incident[], now: number): Diagnosis[] {
  return open.map((incident) => {
    const since = relativeWords(incident.openedAt, now);
    if (incident.kind === "down") {
      const message = `Nothing was alive for a while: ${downtimeWords(incident)}. It is about to be told.`;
      return doubtful("incidents", message, "belfry alerts");
    }
    const { task, run } = incident;
    const error = run === null || run.error === null ? "" : `: ${run.error}`;
    const message = `${task} is in trouble, first ${since}: ${troubleWords(incident)}${error}.`;
    return doubtful(
      "incidents",
      message,
      run === null ? `belfry why ${task}` : `belfry logs ${run.id}`,
    );
  });
}
