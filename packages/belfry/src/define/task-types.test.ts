import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "@belfry/schedule";
import { z } from "zod";
import { command, shell } from "./commands.ts";
import { defineConfig } from "./config.ts";
import { at, cron, every } from "./schedules.ts";
import { secret } from "./secret.ts";
import { isTask, type Task, task } from "./task.ts";

// The compiler is the test: an expected error that does not come is an error itself.

const customer = z.object({ customer: z.number() });
const run = () => undefined;

type Equals<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function sameType<A, B>(same: Equals<A, B>): void {
  assert.equal(same, true);
}

describe("the types of a task", () => {
  it("the payload is what the schema puts out, and a trigger brings what it takes in", () => {
    const billing = task("billing", {
      payload: z.object({ customer: z.string().transform(Number), note: z.string().default("") }),
      run: (ctx) => sameType<typeof ctx.payload, { customer: number; note: string }>(true),
    });
    sameType<typeof billing, Task<{ customer: string; note?: string | undefined }>>(true);
  });

  it("without a schema the payload is unknown", () => {
    const plain = task("plain", { run: (ctx) => sameType<typeof ctx.payload, unknown>(true) });
    sameType<typeof plain, Task<unknown>>(true);
  });

  it("any task is a task, whatever its payload", () => {
    const tasks: readonly Task[] = [task("a", { payload: customer, run }), task("b", { run })];
    assert.ok(tasks.every(isTask));
  });

  it("checkpoints have the type of their schema, and there are none without one", () => {
    task("resumes", {
      checkpoint: z.string(),
      run: async (ctx) => {
        sameType<typeof ctx.resumed, string | undefined>(true);
        await ctx.checkpoint("page 2");
        // @ts-expect-error a checkpoint is text here
        await ctx.checkpoint(2);
      },
    });
    task("starts-again", {
      run: async (ctx) => {
        // @ts-expect-error the task declares no checkpoint
        await ctx.checkpoint("page 2");
      },
    });
  });

  it("a payload that is required has to come with the schedule", () => {
    task("a", {
      payload: customer,
      schedules: { daily: { schedule: cron("0 3 * * *"), payload: { customer: 7 } } },
      run,
    });
    // @ts-expect-error a schedule alone brings no payload
    task("b", { payload: customer, schedule: cron("0 3 * * *"), run });
    // @ts-expect-error a schedule alone brings no payload
    task("c", { payload: customer, schedules: { daily: cron("0 3 * * *") }, run });
    task("d", {
      payload: customer,
      // @ts-expect-error the payload does not fit
      schedules: { daily: { schedule: "0 3 * * *", payload: { customer: "7" } } },
      run,
    });
    task("e", { payload: customer.optional(), schedule: cron("0 3 * * *"), run });
    task("f", { payload: customer, run });
  });

  it("a schedule is an expression, a helper's answer, a parsed one or a list of them", () => {
    task("a", { schedule: "0 3 * * *", run });
    task("b", { schedule: [cron("0 3 * * *"), every("6h"), at("2027-01-01T09:00")], run });
    task("c", { schedules: { one: parse("0 3 * * *"), two: ["every 6h", at(new Date(0))] }, run });
    // @ts-expect-error both at once
    task("d", { schedule: "0 3 * * *", schedules: { noon: "0 12 * * *" }, run });
    // @ts-expect-error every takes a duration
    task("e", { schedule: every(3600), run });
    // @ts-expect-error there is no such dialect of cron
    task("f", { schedule: cron("0 3 * * *", { dialect: "every" }), run });
  });

  it("durations have units", () => {
    task("a", { timeout: "15m", deadline: "1.5h", startWithin: "next", run });
    // @ts-expect-error a bare number
    task("b", { timeout: 900, run });
    // @ts-expect-error no such unit
    task("c", { timeout: "15 minutes", run });
    // @ts-expect-error a bare number
    task("d", { retry: { attempts: 3, wait: 10 }, run });
  });

  it("policies are the words that there are", () => {
    task("a", { catchUp: "all", overlap: "queue", delivery: "at-most-once", retry: 1, run });
    task("b", { payload: customer, concurrency: { limit: 1, by: "customer" }, run });
    // @ts-expect-error not a field of the payload
    task("c", { payload: customer, concurrency: { limit: 1, by: "client" }, run });
    // @ts-expect-error no such policy
    task("d", { catchUp: "newest", run });
    // @ts-expect-error unknown option
    task("e", { retries: 3, run });
    // @ts-expect-error nothing to run
    task("f", { schedule: "0 3 * * *" });
  });

  it("commands take text and secrets in their environment", () => {
    task("a", { run: command(["pg_dump"], { env: { PGPASSWORD: secret("PGPASSWORD") } }) });
    task("b", { run: shell("ls | wc -l", { shell: "/bin/bash", cwd: "/tmp", stdin: "" }) });
    // @ts-expect-error a number is no variable
    task("c", { run: command(["serve"], { env: { PORT: 8080 } }) });
    // @ts-expect-error a line is for shell()
    task("d", { run: command("pg_dump -Fc") });
  });

  it("a heartbeat is a URL, a secret, or one of them with its kind", () => {
    const url = "https://hc-ping.com/x";
    task("a", { heartbeat: url, run });
    task("b", { heartbeat: { url: secret("HC_URL"), kind: "cronitor" }, run });
    defineConfig({ node: { heartbeat: secret("HC_URL") } });
    // @ts-expect-error no such service
    task("c", { heartbeat: { url, kind: "pagerduty" }, run });
    // @ts-expect-error a kind says nothing without a URL
    task("d", { heartbeat: { kind: "plain" }, run });
  });

  it("a configuration takes globs, tasks, or tasks by name", () => {
    defineConfig({ tasks: ["tasks/**/*.ts", task("a", { payload: customer, run })] });
    defineConfig({ tasks: { a: { schedule: "0 3 * * *", run }, b: { payload: customer, run } } });
    defineConfig({ timeZone: "UTC", retention: { history: "90d" }, node: { grace: "25s" } });
    // @ts-expect-error unknown option
    defineConfig({ timezone: "UTC" });
    // @ts-expect-error a bare number
    defineConfig({ node: { grace: 25 } });
  });
});
