import { resolve } from "node:path";
import type { CommandWork } from "../executors/command.ts";
import type { FunctionWork } from "../executors/function.ts";
import type { WrittenTask } from "./task-schema.ts";

/**
 * What a task's `run` is to an executor.
 *
 * @param folder the project's, which a command's working folder is relative to.
 */
export function workOf(task: WrittenTask, folder: string): FunctionWork | CommandWork {
  if (task.run !== undefined) {
    const { run, payload = null, checkpoint = null } = task;
    return { kind: "function", run, payload, checkpoint };
  }
  return {
    ...programOf(task),
    cwd: resolve(folder, task.cwd ?? "."),
    env: task.env ?? {},
    stdin: task.stdin ?? null,
  };
}

function programOf(task: WrittenTask): Pick<CommandWork, "kind" | "argv"> {
  if (task.shell === undefined) return { kind: "command", argv: task.command ?? [] };
  return { kind: "shell", argv: [task.shell.program, "-c", task.shell.line] };
}
