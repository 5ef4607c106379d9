import type { Alert, Channel } from "../channel.ts";
import type { Clock } from "../clock.ts";
import { BelfryError } from "../core/errors.ts";
import { type Environment, inheritedEnvironment } from "../core/inherited-environment.ts";
import { runProgram } from "../programs/run-program.ts";
import { alertBody } from "./alert-body.ts";

export interface CommandSettings {
  readonly kind: "command";
  /** The program, then its arguments. */
  readonly argv: readonly string[];
  /** An absolute path. */
  readonly cwd: string;
}

const SAID_LENGTH_SHOWN = 200;

/** Runs a program for each alert: JSON on its standard input, the facts in its environment. */
export function createCommandChannel(
  { argv, cwd }: CommandSettings,
  { clock, environment }: { readonly clock: Clock; readonly environment: Environment },
): Channel {
  const [program = ""] = argv;
  return {
    async send(alert, signal) {
      const env = { ...inheritedEnvironment(environment), ...variables(alert) };
      const call = { argv, cwd, env, stdin: `${alertBody(alert)}\n` };
      const end = await runProgram(call, signal, clock).catch((thrown: unknown) => {
        throw failure(
          signal.aborted ? `${program} did not end in time` : reasonOf(thrown, program),
        );
      });
      const said = lastLine(end.output);
      const how =
        end.exitCode === null
          ? `was ended by ${end.signal ?? "a signal"}`
          : `exited ${end.exitCode}`;
      const line = `${program} ${how}${said === "" ? "" : `: ${said}`}`;
      if (end.exitCode !== 0) throw failure(line);
      return line;
    },
  };
}

/** What a short script wants to know without reading JSON; what is not known is absent. */
function variables({ incident, ...alert }: Alert): Record<string, string> {
  const facts = {
    BELFRY_ALERT_ID: alert.id,
    BELFRY_ALERT_STEP: alert.step,
    BELFRY_ALERT_CHANNEL: alert.channel,
    BELFRY_ALERT_AT: new Date(alert.at).toISOString(),
    BELFRY_ALERT_SUBJECT: alert.subject,
    BELFRY_ALERT_INCIDENT: incident.id,
    BELFRY_ALERT_KIND: incident.kind,
    BELFRY_ALERT_TASK: incident.task,
    BELFRY_ALERT_RUN: incident.run,
    BELFRY_ALERT_COUNT: String(incident.count),
    BELFRY_ALERT_REASON: incident.reason,
    BELFRY_ALERT_ERROR: incident.error,
    BELFRY_ALERT_SEVERITY: incident.severity,
    BELFRY_ALERT_OWNER: incident.owner,
    BELFRY_ALERT_RUNBOOK: incident.runbook,
  };
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) =>
      value === null ? [] : [[name, value.replaceAll("\0", "")]],
    ),
  );
}

function failure(message: string): BelfryError {
  return new BelfryError("unavailable", "alert-refused", message);
}

function reasonOf(thrown: unknown, program: string): string {
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  return `${program} could not be started: ${said}`;
}

function lastLine(output: string): string {
  const lines = output.split("\n").map((line) => line.replace(/\p{Cc}+/gu, " ").trim());
  return (lines.findLast((line) => line !== "") ?? "").slice(0, SAID_LENGTH_SHOWN);
}
