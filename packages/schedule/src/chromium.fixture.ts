import { execFileSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** The browser's program, or `null` where there is none. */
export const CHROMIUM: string | null = programOf("chromium", "chromium-browser", "google-chrome");

/** Runs a script in a page of its own; answers the value of an expression after it, a text. */
export function textInBrowser(program: string, script: string, expression: string): string {
  const folder = mkdtempSync(join(tmpdir(), "belfry-browser-"));
  try {
    writeFileSync(join(folder, "script.js"), script);
    // In URI form the text has nothing that HTML would escape.
    writeFileSync(
      join(folder, "show.js"),
      `document.body.textContent = encodeURIComponent(${expression});`,
    );
    writeFileSync(
      join(folder, "page.html"),
      '<meta charset="utf-8"><body><script src="script.js"></script><script src="show.js"></script>',
    );
    const page = execFileSync(
      program,
      [
        "--headless",
        // It shows nothing but our own page, and root cannot have the sandbox.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        `--user-data-dir=${join(folder, "profile")}`,
        "--dump-dom",
        `file://${join(folder, "page.html")}`,
      ],
      {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
        timeout: 60_000,
        maxBuffer: 2 ** 26,
      },
    );
    const text = /<body>([^<]+)\s*<\/body>/.exec(page)?.[1];
    if (text === undefined) throw new Error(`the page has no text: ${page.slice(0, 1000)}`);
    return decodeURIComponent(text.trim());
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function programOf(...names: readonly string[]): string | null {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const files = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return files.find(isProgram) ?? null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
