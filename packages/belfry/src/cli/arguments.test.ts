import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readArguments } from "./arguments.ts";
import { COMMANDS } from "./commands.ts";

const read = (...argv: string[]) => readArguments(argv, COMMANDS);

describe("a command line", () => {
  it("has its verb before, between or after global options", () => {
    for (const argv of [
      ["runs", "--json", "--store", "sqlite:x"],
      ["--store", "sqlite:x", "runs", "--json"],
      ["--json", "--store=sqlite:x", "runs"],
    ]) {
      const { command, values } = read(...argv);
      assert.equal(command?.name, "runs");
      assert.deepEqual({ ...values }, { json: true, store: "sqlite:x" });
    }
  });

  it("takes short options, values with = and what follows --", () => {
    const { positionals, values } = read("when", "-n", "3", "--tz=UTC", "--", "-1 * * * *");
    assert.deepEqual(positionals, ["-1 * * * *"]);
    assert.deepEqual({ ...values }, { n: "3", tz: "UTC" });
  });

  it("says which verb or option was probably meant", () => {
    assert.throws(() => read("tusks"), {
      code: "unknown-verb",
      hint: "Did you mean `belfry tasks`?",
    });
    assert.throws(() => read("runs", "--limt", "3"), {
      code: "unknown-option",
      hint: "Did you mean --limit?",
    });
    assert.throws(() => read("frobnicate"), { hint: "`belfry --help` lists them." });
    assert.throws(() => read("tasks", "--frobnicate"), { hint: "See `belfry tasks --help`." });
  });

  it("refuses options without their value, and values where none belongs", () => {
    assert.throws(() => read("runs", "--limit"), /--limit needs a value: --limit N/);
    assert.throws(() => read("runs", "--task", "--json"), /--task needs a value/);
    assert.throws(() => read("run", "x", "--wait=no"), /--wait takes no value/);
  });

  it("refuses arguments that are missing or too many", () => {
    assert.throws(() => read("show"), /TASK\|RUN is missing: belfry show TASK\|RUN/);
    assert.throws(() => read("tasks", "one"), /"one" is one argument too many/);
  });

  it("asks for help in any of the usual ways", () => {
    assert.equal(read("help", "runs").values["help"], true);
    assert.equal(read("help", "runs").command?.name, "runs");
    assert.equal(read("show", "-h").values["help"], true);
    assert.equal(read("--help").values["help"], true);
    assert.equal(read("--version").version, true);
  });
});
