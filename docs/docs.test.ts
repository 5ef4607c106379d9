import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { resolveConfig } from "../packages/belfry/src/define/config.ts";
import { loadTasks } from "../packages/belfry/src/define/load.ts";
import { type Block, headingsOf, linksOf, ROOT, readPages } from "./pages.fixture.ts";
import { ReaderProject, scratchFolder } from "./project.fixture.ts";

const pages = readPages();
const blocks = pages.flatMap((page) => page.blocks);
/** The schedule package is documented by fragments, which do not compile by themselves. */
const typescript = blocks.filter(
  ({ language, place }) => language === "ts" && !place.startsWith("packages/schedule/"),
);
const ARCHITECTURE_LINES_MAX = 300;

/** Blocks that show a part import nothing: they are checked as if they had imported all of it. */
const IMPORTS = `import {
  at, type Belfry, BelfryError, command, cron, defineConfig, every, openBelfry, PermanentError,
  parse, RetryAfter, secret, shell, task, union,
} from "belfry";
`;

/** A file that the reader has. */
const HOLIDAYS =
  "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\nRRULE:FREQ=YEARLY\nEND:VEVENT\nEND:VCALENDAR";

describe("the documentation", { concurrency: 3 }, () => {
  it("has TypeScript that compiles, as have the examples", () => {
    const folder = scratchFolder("types");
    try {
      const places = new Map<string, Block>();
      for (const [index, block] of typescript.entries()) {
        const name = `block-${index}.ts`;
        places.set(name, block);
        const imports = block.text.includes("import ") ? "" : IMPORTS;
        writeFileSync(join(folder, name), `${imports}${block.text}\nexport {};\n`);
      }
      const compilerOptions = {
        declaration: false,
        isolatedDeclarations: false,
        noUnusedLocals: false,
      };
      const include = ["*.ts", "../../*.ts", "../../../examples"];
      const config = { extends: "../../../tsconfig.json", compilerOptions, include };
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
      const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
      const options = { cwd: ROOT, encoding: "utf8" } as const;
      const { stdout, error } = spawnSync(process.execPath, [tsc, "-p", folder], options);
      assert.equal(error, undefined);
      // The packages are checked by `npm run check`.
      const wrong = stdout.split(/\n(?=\S)/).filter((said) => /^(docs|examples)\//.test(said));
      const placed = wrong.map((said) =>
        said.replace(/^\S*(block-\d+\.ts)/, (_, name) => `${places.get(name)?.place} ${name}`),
      );
      assert.deepEqual(placed, []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  for (const block of blocks.filter(({ language }) => language === "yaml")) {
    it(`has YAML that loads: ${block.place}`, async () => {
      const folder = scratchFolder("yaml");
      try {
        writeFileSync(join(folder, "belfry.yaml"), block.text);
        writeFileSync(join(folder, "holidays.ics"), HOLIDAYS);
        const config = await resolveConfig({ cwd: folder, environment: {} });
        const { problems, tasks } = await loadTasks(config, { now: Date.now() });
        assert.deepEqual(problems, []);
        assert.ok(tasks.length > 0, "it declares no task");
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  for (const block of blocks.filter(({ language }) => language === "json")) {
    it(`has JSON that parses: ${block.place}`, () => {
      assert.doesNotThrow(() => JSON.parse(block.text));
    });
  }

  it("marks every block of shell commands as one that is run here", () => {
    const idle = blocks.filter(({ language, mark }) => language === "sh" && mark.kind === "none");
    const places = idle.map(({ place }) => place);
    assert.deepEqual(places, [], "put <!-- run --> above it, or call it ```console");
  });

  for (const page of pages.filter((each) => each.blocks.some(({ mark }) => mark.kind !== "none"))) {
    it(`has commands that do as it says: ${page.path}`, async () => {
      await using project = new ReaderProject(page.path.replaceAll(/[^a-z]+/gi, "-"));
      for (const { place, text, mark } of page.blocks) {
        if (mark.kind === "file") project.write(mark.path, text);
        if (mark.kind === "node") await project.start(text);
        if (mark.kind !== "run") continue;
        const { code, output } = await project.run(text);
        assert.equal(code, mark.exit, `${place} exits ${code}:\n${output}`);
      }
    });
  }

  it("has links that lead somewhere", () => {
    const broken = pages.flatMap((page) =>
      linksOf(page).flatMap(({ file, heading, link }) => {
        const target = join(ROOT, file);
        const there = existsSync(target);
        const found =
          there && (heading === "" || headingsOf(readFileSync(target, "utf8")).has(heading));
        return found ? [] : [`${page.path}: ${link}`];
      }),
    );
    assert.deepEqual(broken, []);
  });

  it("has a map of the code that is read in one sitting", () => {
    const map = pages.find(({ path }) => path === "ARCHITECTURE.md");
    const lines = map?.text.split("\n").length ?? 0;
    assert.ok(lines > 0 && lines <= ARCHITECTURE_LINES_MAX, `ARCHITECTURE.md has ${lines} lines`);
  });
});
