import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Answer, belfry } from "../src/cli/captured-io.fixture.ts";
import { emptyDatabase } from "../src/stores/postgres/server.fixture.ts";
import { Up } from "./up.fixture.ts";

export interface Machine {
  /** What stands in its belfry.yaml beside name, store and node. */
  readonly yaml: string;
  readonly tags?: readonly string[];
  /** The code base that it is of. */
  readonly source?: string;
}

/** Nodes as processes that share a store, each from a folder of its own with the code that it has. */
export class Fleet implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "belfry-fleet-"));
  readonly #store: string;
  readonly #ups: Up[] = [];
  #machines = 0;

  private constructor(store: string | null) {
    this.#store = store ?? `sqlite:${join(this.#folder, "belfry.db")}`;
  }

  static async open(kind: "sqlite" | "postgres"): Promise<Fleet> {
    return new Fleet(kind === "sqlite" ? null : await emptyDatabase());
  }

  /** Brings a node up, and waits until it is. */
  async up({
    yaml,
    tags = [],
    source,
  }: Machine): Promise<{ readonly up: Up; readonly node: string }> {
    const folder = this.#machine(
      `${yaml}\nnode: { tags: ${JSON.stringify(tags)}, lease: 5s }\n`,
      source,
    );
    const up = new Up(folder);
    this.#ups.push(up);
    const { node } = await up.said(({ event }) => event === "up");
    return { up, node: String(node) };
  }

  /** Makes a file that its nodes' commands find one folder above their own. */
  write(file: string): void {
    writeFileSync(join(this.#folder, file), "");
  }

  /** A command line beside the nodes, in a folder with this code. */
  ask(argv: readonly string[], yaml = "tasks: {}"): Promise<Answer> {
    return belfry(argv, { cwd: this.#machine(yaml) });
  }

  async json<Answered>(...argv: readonly string[]): Promise<Answered> {
    const { stdout, stderr } = await this.ask([...argv, "--json"]);
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const up of this.#ups) await up[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true });
  }

  #machine(yaml: string, source = "fleet"): string {
    this.#machines += 1;
    const folder = join(this.#folder, `machine-${this.#machines}`);
    mkdirSync(folder);
    writeFileSync(
      join(folder, "belfry.yaml"),
      `name: ${source}\nstore: ${JSON.stringify(this.#store)}\n${yaml}\n`,
    );
    return folder;
  }
}
