import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openBelfry } from "../src/main.ts";
import { ProgramFolder } from "./program.fixture.ts";
import { Up } from "./up.fixture.ts";

const TASKS = `import { every, task } from "belfry";
import { Mail } from "@/mail";

enum Kind { Daily = "daily" }
function loud<T extends (...args: never[]) => string>(method: T, _context: unknown) {
  return function (this: unknown): string { return method.apply(this, []).toUpperCase(); };
}
class Report {
  constructor(private readonly kind: Kind) {}
  @loud title(): string { return this.kind; }
}
export const report = task("report", {
  schedule: every("1s"),
  run: () => Mail(new Report(Kind.Daily).title()),
});
`;

const MAIL = `const h = (tag: string, _: unknown, text: string) => "<" + tag + ">" + text;
export const Mail = (text: string): string => <b>{text}</b>;
`;

const TSCONFIG = `{ "compilerOptions": {
  "jsx": "react", "jsxFactory": "h", "paths": { "@/*": ["./src/*"] }
} }`;

describe("belfry under tsx", { concurrency: 2 }, () => {
  const ways = [
    { how: "NODE_OPTIONS", env: { NODE_OPTIONS: "--import tsx" }, flags: [] },
    { how: "node --import tsx", env: {}, flags: ["--import", "tsx"] },
  ];
  for (const { how, env, flags } of ways) {
    it(`runs enums, decorators, parameter properties, JSX and tsconfig paths: ${how}`, async () => {
      using program = new ProgramFolder();
      for (const folder of ["tasks", "src"]) mkdirSync(join(program.folder, folder));
      program.write("tasks/report.ts", TASKS);
      program.write("src/mail.tsx", MAIL);
      program.write("tsconfig.json", TSCONFIG);
      program.write("belfry.yaml", 'tasks: ["tasks/*.ts"]');
      await using up = new Up(program.folder, [], { env, flags });
      const { task, state } = await up.next(({ event }) => event === "ended");
      assert.deepEqual([task, state], ["report", "succeeded"]);
      assert.equal(await up.stop(), 0);
      assert.equal(up.stderr, "");

      await using belfry = await openBelfry({
        store: `sqlite:${program.folder}/.belfry/belfry.db`,
      });
      assert.equal((await belfry.runs.get("report@latest")).result, "<b>DAILY");
      const { file, line } = (await belfry.tasks.get("report")).source;
      assert.deepEqual([file, line], ["tasks/report.ts", 12]);
    });
  }
});
