import { parentPort, workerData } from "node:worker_threads";
import { BelfryError } from "../../core/errors.ts";
import type { LogPage } from "../../log.ts";
import { SqliteLogs } from "./logs.ts";
import type { LogsAnswer, LogsCall, LogsFailure } from "./logs-client.ts";

/** The thread that owns a process's connections to the log files; `logs-client.ts` speaks to it. */
const folder: unknown = workerData;
if (parentPort === null || typeof folder !== "string") {
  throw new TypeError("This file is the body of a worker thread that is given a folder.");
}
const port = parentPort;
const logs = new SqliteLogs(folder);

port.on("message", (text: string) => {
  const call: LogsCall = JSON.parse(text);
  perform(call).then(
    (page) => answer({ id: call.id, page, failure: null }),
    (error: unknown) => answer({ id: call.id, page: null, failure: failureOf(error) }),
  );
});

async function perform(call: LogsCall): Promise<LogPage | null> {
  switch (call.verb) {
    case "read":
      return await logs.read(call.query);
    case "append":
      await logs.appendPacked(call.batches);
      return null;
    case "prune":
      await logs.prune(call.before);
      return null;
    case "close":
      await logs.close();
      return null;
  }
}

function answer(message: LogsAnswer): void {
  port.postMessage(JSON.stringify(message));
}

function failureOf(error: unknown): LogsFailure {
  if (error instanceof BelfryError) {
    const { kind, code, message, hint } = error;
    return { kind, code, message, hint };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { kind: null, code: null, message, hint: null };
}
