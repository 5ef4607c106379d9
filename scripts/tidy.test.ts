import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, it } from "node:test";

// The shape of the house, held by a test: each message says what to do instead.

const root = join(import.meta.dirname, "..");
const tracked = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
});
const files = tracked.split("\n").filter((file) => /\.(ts|mjs|js)$/.test(file));
const isTest = (file: string): boolean =>
  /\.(test|contract|fixture)\.ts$|\/(test|fixtures)\//.test(file);
const sources = files.filter((file) => file.startsWith("packages/") && !isTest(file));
const read = (file: string): string => readFileSync(join(root, file), "utf8");

/** Layers from the inside out: a file may import from its own folder and from those listed. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  schedule: [],
  core: ["schedule"],
  clocks: ["ports"],
  ports: ["core"],
  stores: ["ports", "core", "clocks"],
  executors: ["ports", "core", "schedule"],
  programs: ["ports"],
  channels: ["programs", "ports", "core"],
  mailers: ["programs", "ports", "core"],
  heartbeats: ["ports", "core"],
  engine: ["ports", "core", "schedule"],
  define: ["ports", "core", "schedule", "executors:types", "channels:types", "mailers:types"],
  sources: ["define", "ports", "core", "schedule", "executors:types"],
  verbs: ["engine", "define", "ports", "core", "schedule"],
  views: ["define", "ports", "core", "schedule"],
  telemetry: ["engine", "ports", "core"],
  http: ["telemetry", "define", "ports", "core"],
  cli: [
    "main",
    "verbs",
    "views",
    "telemetry",
    "engine",
    "sources",
    "define",
    "stores:types",
    "ports",
    "core",
    "schedule",
  ],
  library: [
    "main",
    "verbs",
    "views",
    "define",
    "engine",
    "executors:types",
    "ports",
    "core",
    "schedule",
  ],
  main: ["*"],
  testing: ["*"],
};

/** The one home of each ambient thing. */
const HOMES: readonly { banned: RegExp; homes: RegExp; instead: string }[] = [
  {
    banned: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|process\.hrtime/,
    homes: /clocks\/system\.ts$|-process\.ts$/,
    instead: "take `now` as a parameter, or a Clock",
  },
  {
    banned: /\b(setTimeout|setInterval|setImmediate)\(/,
    homes:
      /clocks\/system\.ts$|-process\.ts$|stores\/(sqlite\/(keeper|logs-thread)|postgres\/lease-thread)\.ts$/,
    instead: "use Clock.schedule",
  },
  {
    banned: /Math\.random\(|randomUUID|randomBytes|getRandomValues/,
    homes: /clocks\/system\.ts$/,
    instead: "take a Random or entropy as a parameter",
  },
  {
    banned: /process\.env\b/,
    homes: /main\.ts$|-process\.ts$/,
    instead: "take the environment as a parameter",
  },
  { banned: /\bconsole\./, homes: /^$/, instead: "emit an event, or write to the streams given" },
  {
    banned: /from "node:sqlite"/,
    homes: /stores\/sqlite\//,
    instead: "add a verb to the Store port: no other folder knows SQL",
  },
];

const FILE_LINES_MAX = 400;
const TEST_LINES_MAX = 800;
const JUNK_DRAWER =
  /(^|\/)(utils?|helpers?|common|misc|shared|managers?|types|interfaces)(\/|\.ts$)/;

describe("the house is tidy", () => {
  it("imports go one way", () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file).flatMap(({ target, typeOnly }) => {
        const from = layerOf(file);
        const to = layerOf(target);
        const allowed = MAY_IMPORT[from] ?? [];
        const fits =
          from === to ||
          allowed.includes("*") ||
          allowed.includes(to) ||
          (typeOnly && allowed.includes(`${to}:types`));
        return fits ? [] : [`${file} (${from}) imports ${target} (${to})`];
      }),
    );
    assert.deepEqual(wrong, [], "move the code to the layer that may have it, or turn it around");
  });

  it("implementations are imported only by the composition root and by testing", () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file).flatMap(({ target, typeOnly }) => {
        const inside = /\/(stores|executors|clocks|channels|mailers|heartbeats)\//.exec(
          target,
        )?.[1];
        const outside = inside !== undefined && layerOf(file) !== inside && !typeOnly;
        const root = ["main", "testing"].includes(layerOf(file));
        const threads = layerOf(file) === "stores" && inside === "clocks";
        return outside && !root && !threads ? [`${file} imports ${target}`] : [];
      }),
    );
    assert.deepEqual(wrong, [], "import the port and have main.ts hand the implementation in");
  });

  for (const { banned, homes, instead } of HOMES) {
    it(`${banned.source} stays at home`, () => {
      const wrong = sources
        .filter((file) => !homes.test(file) && !file.includes("/bin/"))
        .flatMap((file) => linesWith(file, banned));
      assert.deepEqual(wrong, [], instead);
    });
  }

  it("files are short", () => {
    const long = files.flatMap((file) => {
      const lines = read(file).split("\n").length - 1;
      const most = isTest(file) ? TEST_LINES_MAX : FILE_LINES_MAX;
      return lines > most ? [`${file}: ${lines} lines, ${most} at most`] : [];
    });
    assert.deepEqual(long, [], "find the second idea in it and give it a file of its own");
  });

  it("no file is a junk drawer, and names are kebab-case", () => {
    const wrong = files.filter(
      (file) => JUNK_DRAWER.test(file) || /[A-Z_]/.test(file.split("/").at(-1) ?? ""),
    );
    assert.deepEqual(wrong, [], "name the file after the one idea in it");
  });

  it("nothing is left for later in the code, skipped or focused", () => {
    const marks = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "XX" + "X"].join("|")})\\b`);
    const wrong = files.flatMap((file) => [
      ...linesWith(file, marks, "read"),
      ...(isTest(file) ? linesWith(file, /\b(it|test|describe)\.(only|todo)\b/) : []),
    ]);
    assert.deepEqual(wrong, [], "do it now, or say it in the note of the change");
  });

  it("`any` and double casts are defects", () => {
    const wrong = sources.flatMap((file) => linesWith(file, /[:<]\s*any\b|as any\b|as unknown as/));
    assert.deepEqual(wrong, [], "type it precisely");
  });
});

function importsOf(file: string): { target: string; typeOnly: boolean }[] {
  const text = read(file);
  const found = text.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)";/gms);
  return [...found].flatMap(([, type, specifier]) => {
    const typeOnly = type !== undefined;
    if (specifier === "@belfry/schedule") {
      return [{ target: "packages/schedule/src/index.ts", typeOnly }];
    }
    if (!specifier?.startsWith(".")) return [];
    return [{ target: relative(root, join(root, dirname(file), specifier)), typeOnly }];
  });
}

function layerOf(file: string): string {
  if (file.startsWith("packages/schedule/")) return "schedule";
  const inside = /^packages\/belfry\/src\/(.+)$/.exec(file)?.[1] ?? file;
  const [first = "", second] = inside.split("/");
  if (second !== undefined) return first;
  if (first === "main.ts") return "main";
  if (["index.ts", "belfry.ts", "reuse.ts"].includes(first)) return "library";
  return "ports";
}

function linesWith(file: string, pattern: RegExp, comments: "skip" | "read" = "skip"): string[] {
  return read(file)
    .split("\n")
    .flatMap((line, index) => {
      const isComment = /^\s*(\/\/|\/?\*)/.test(line);
      return pattern.test(line) && (comments === "read" || !isComment)
        ? [`${file}:${index + 1}: ${line.trim()}`]
        : [];
    });
}
