import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { CrontabOrigin, ReadCrontab } from "./entry.ts";
import { readCrontab } from "./read-crontab.ts";

const OPS: CrontabOrigin = {
  file: "wild",
  form: { kind: "user", user: "ops" },
  timeZone: "Europe/Berlin",
};
const SYSTEM: CrontabOrigin = { ...OPS, form: { kind: "system" } };

const wild = readFileSync(join(import.meta.dirname, "fixtures/wild.crontab"), "utf8");

/** The fate of each line, in a line: what runs, or why not. */
function fates({ entries, problems }: ReadCrontab): string[] {
  const runs = entries.map(({ line, times, command, stdin }) => {
    const when = times.kind === "boot" ? "boot" : `${times.expression} ${times.timeZone}`;
    const input = stdin === null ? "" : ` < ${JSON.stringify(stdin)}`;
    return { line, text: `${line} runs [${when}] ${command}${input}` };
  });
  const told = problems.map(({ line, severity, message, hint }) => ({
    line: line ?? 0,
    text: `${line} ${severity}: ${message} – ${hint}`,
  }));
  return [...runs, ...told].sort((a, b) => a.line - b.line).map(({ text }) => text);
}

function read(text: string, origin = OPS): string[] {
  return fates(readCrontab(text, origin));
}

describe("a crontab as found in the wild", () => {
  it("keeps what can be kept and refuses the rest by name", () => {
    const golden = readFileSync(join(import.meta.dirname, "fixtures/wild.golden.txt"), "utf8");
    assert.deepEqual(read(wild), golden.trimEnd().split("\n"));
  });

  it("gives its lines the variables set above them, and no others", () => {
    const { entries } = readCrontab(wild, OPS);
    assert.deepEqual(entries[0]?.environment, {
      SHELL: "/bin/bash",
      PATH: "/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin",
      MAILTO: "ops@example.org, oncall@example.org",
      HOME: "/tmp",
      GREETING: "two  blanks ",
    });
    assert.equal(entries.at(-1)?.environment["RANDOM_DELAY"], "30");
  });

  it("describes a line by the comment right above it", () => {
    const { entries } = readCrontab(wild, OPS);
    assert.equal(entries[0]?.description, "nightly clean-up of the upload folder");
    assert.ok(entries.slice(1).every(({ description }) => description === null));
  });
});

describe("a crontab", () => {
  it("spreads the lines below RANDOM_DELAY, minutes from 0 to 1440 as cronie reads them", () => {
    const { entries, problems } = readCrontab(
      "@daily a\nRANDOM_DELAY=45\n@daily b\nRANDOM_DELAY = 10min\n@daily c\n" +
        "RANDOM_DELAY=1441\n@daily d\nRANDOM_DELAY=soon\n@daily e\nRANDOM_DELAY=0\n@daily f\n",
      OPS,
    );
    assert.deepEqual(
      entries.map(({ text, delayMs }) => `${text} ${delayMs / 60_000}`),
      ["a 0", "b 45", "c 10", "d 0", "e 0", "f 0"],
    );
    assert.deepEqual(
      problems.map(({ line, severity, message }) => `${line} ${severity} ${message}`),
      [
        '6 warning RANDOM_DELAY: "1441" is no number of minutes from 0 to 1440',
        '8 warning RANDOM_DELAY: "soon" is no number of minutes from 0 to 1440',
      ],
    );
  });

  it("describes by no legend, no line that is switched off, and nothing beyond a blank line", () => {
    const { entries } = readCrontab(
      "# m h dom mon dow command\n* * * * * a\n# old:\n#5 * * * * off\n* * * * * b\n" +
        "# far\n\n* * * * * c\n# two\n# lines\n* * * * * d\n",
      OPS,
    );
    assert.deepEqual(
      entries.map(({ description }) => description),
      [null, null, null, "two lines"],
    );
  });

  it("takes the user from a column in a system table, also after a macro", () => {
    const { entries, problems } = readCrontab(
      "17 *\t* * *\troot    cd / && run-parts /etc/cron.hourly\n@daily www-data echo a\n" +
        "-5 * * * * root echo quiet\n",
      SYSTEM,
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(
      entries.map(({ user, command }) => `${user}: ${command}`),
      ["root: cd / && run-parts /etc/cron.hourly", "www-data: echo a", "root: echo quiet"],
    );
  });

  it("misses the user or the command of a system table by name", () => {
    const hint = "in a system table a user stands before the command, such as root";
    const what = "there is no user or no command after the times";
    assert.deepEqual(read("* * * * * echo\n@daily echo\n", SYSTEM), [
      `1 error: ${what} – ${hint}`,
      `2 error: ${what} – ${hint}`,
    ]);
  });

  it("misses a command, and sees a sixth field", () => {
    assert.deepEqual(read("* * * * *\n* * * * * *\n0 0 * * * * echo\n@daily\n"), [
      "1 error: there is no command after the times – write a command, or remove the line",
      ...[2, 3].map(
        (line) =>
          `${line} error: a sixth field stands where the command should: cron has no seconds and ` +
          "no years – write minute, hour, day of month, month, day of week, then the command",
      ),
      "4 error: there is no command after the times – write a command, or remove the line",
    ]);
  });

  it("lets root leave its lines out of the log", () => {
    const root = { ...OPS, form: { kind: "user", user: "root" } } as const;
    assert.deepEqual(read("-5 * * * * a\n", root), ["1 runs [5 * * * * Europe/Berlin] a"]);
  });

  it("takes cronie's -n off a command, and refuses what is no text", () => {
    assert.deepEqual(read("5 * * * * -n echo -n a\nA=\ufffd\n5 * * * * a\0b\n"), [
      "1 runs [5 * * * * Europe/Berlin] echo -n a",
      "2 error: holds a NUL, or bytes that are not UTF-8 – save it as UTF-8",
      "3 error: holds a NUL, or bytes that are not UTF-8 – save it as UTF-8",
    ]);
  });

  it("warns of carriage returns", () => {
    const [, warning] = read("* * * * * a\r\n");
    assert.match(warning ?? "", /^1 warning: .*carriage return/);
  });

  it("tells the lines that it refused but could take apart, so that their tasks are kept", () => {
    const { refused } = readCrontab("61 * * * * a b\n? ?\n* * * * * c", OPS);
    assert.deepEqual(refused, [
      { user: "ops", text: "a b", line: 1 },
      { user: "ops", text: "c", line: 3 },
    ]);
  });

  it("has a fate for every line that means something, and never throws", () => {
    const word = fc.constantFrom(
      "*",
      "5",
      "@daily",
      "@reboot",
      "#",
      "=",
      "A=b",
      "%",
      '"',
      "root",
      "-",
    );
    const line = fc.oneof(
      fc.array(word, { maxLength: 9 }).map((words) => words.join(" ")),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom(OPS, SYSTEM), (lines, origin) => {
        const text = lines.map((each) => `${each.replaceAll("\n", " ")}\n`).join("");
        const { entries, problems } = readCrontab(text, origin);
        const fated = new Set([...entries, ...problems].map((each) => each.line));
        for (const [index, each] of text.split("\n").entries()) {
          const meant = each.replace(/^[ \t]+/, "");
          const passed = meant === "" || meant.startsWith("#") || fated.has(index + 1);
          assert.ok(passed || meant.includes("="), `line ${index + 1} has no fate: ${meant}`);
        }
      }),
    );
  });
});
