import { type ChildProcess, type SpawnOptionsWithoutStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT } from "./pages.fixture.ts";

/** An empty folder inside the repository, so that `belfry` can be imported there; git ignores it. */
export function scratchFolder(name: string): string {
  const above = join(ROOT, "docs/.belfry");
  mkdirSync(above, { recursive: true });
  return mkdtempSync(join(above, `${name}-`));
}

/** A reader's project: the files and commands of one page, in their order. */
export class ReaderProject implements AsyncDisposable {
  readonly folder: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #nodes: ChildProcess[] = [];

  constructor(name: string) {
    this.folder = scratchFolder(name);
    const bin = join(this.folder, ".bin");
    mkdirSync(bin);
    symlinkSync(join(ROOT, "packages/belfry/bin/belfry.js"), join(bin, "belfry"));
    symlinkSync(process.execPath, join(bin, "node"));
    this.write(
      "package.json",
      '{ "name": "reader", "type": "module", "dependencies": { "belfry": "*" } }',
    );
    this.#environment = {
      ...process.env,
      // A reader's own tests are no part of this one.
      NODE_TEST_CONTEXT: undefined,
      PATH: `${bin}${delimiter}${process.env["PATH"]}`,
      NO_COLOR: "1",
      // What a page's crontab prints is mailed to nobody.
      BELFRY_SENDMAIL: "",
      // Many short commands: what one has compiled, the next need not.
      NODE_COMPILE_CACHE: join(ROOT, "docs/.belfry/compiled"),
    };
  }

  write(path: string, text: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  async run(script: string): Promise<{ code: number | null; output: string }> {
    const child = spawn("sh", ["-e", "-c", script], { ...this.#options(), timeout: 30_000 });
    const output = listen(child);
    const [code] = await once(child, "close");
    return { code, output: output.join("") };
  }

  /** Starts a node, in place of the one before, and waits until its tasks are in force. */
  async start(script: string): Promise<void> {
    await this.#stop();
    const node = spawn("sh", ["-c", `exec ${script}`], this.#options());
    this.#nodes.push(node);
    const output = listen(node);
    const isUp = () => output.some((text) => text.includes('"event":"release"'));
    for (let waited = 0; !isUp(); waited += 20) {
      if (waited > 15_000 || node.exitCode !== null) throw new Error(output.join(""));
      await sleep(20);
    }
  }

  #options(): SpawnOptionsWithoutStdio {
    return { cwd: this.folder, env: this.#environment };
  }

  async #stop(): Promise<void> {
    for (const node of this.#nodes.splice(0)) {
      if (node.exitCode !== null) continue;
      node.kill("SIGTERM");
      await once(node, "exit");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    if (existsSync(this.folder)) rmSync(this.folder, { recursive: true });
  }
}

/** All that a process writes, as it comes. */
function listen({ stdout, stderr }: ChildProcess): string[] {
  const output: string[] = [];
  for (const stream of [stdout, stderr]) {
    stream?.on("data", (chunk) => output.push(String(chunk)));
  }
  return output;
}
