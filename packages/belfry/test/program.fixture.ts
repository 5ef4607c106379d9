import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const ROOT: string = join(import.meta.dirname, "../../..");

/** A folder that has belfry installed, with somebody's program in it. */
export class ProgramFolder implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "belfry-program-"));

  constructor() {
    symlinkSync(join(ROOT, "node_modules"), join(this.folder, "node_modules"));
    this.write("package.json", '{ "name": "program", "type": "module" }');
  }

  /** @returns its path. */
  write(name: string, text: string): string {
    writeFileSync(join(this.folder, name), text);
    return join(this.folder, name);
  }

  /** Runs a file until it ends by itself. */
  run(name: string, flags: readonly string[] = []): Ended {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--unhandled-rejections=strict", ...flags, name],
      { cwd: this.folder, encoding: "utf8", timeout: 20_000, env: { PATH: process.env["PATH"] } },
    );
    return { status, stdout, stderr };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** How a program ended, and all that was printed. `status` null: it had to be killed. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
