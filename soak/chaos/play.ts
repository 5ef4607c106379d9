import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dice } from "../../packages/belfry/src/testing/dice.ts";
import { SoakServer } from "../postgres-server.ts";
import type { Played, Scenario, Setting } from "./scenario.ts";

/** Plays scenarios, each in a folder of its own, with what they share. */
export class Stage implements AsyncDisposable {
  readonly folder: string;
  readonly server: SoakServer;

  private constructor(folder: string, server: SoakServer) {
    this.folder = folder;
    this.server = server;
  }

  static async open(): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), "belfry-chaos-"));
    return new Stage(folder, await SoakServer.start(folder));
  }

  async play(
    scenario: Scenario,
    { seed, ...rest }: Omit<Setting, "folder" | "server" | "dice"> & { readonly seed: string },
  ): Promise<Played> {
    const folder = join(this.folder, `of-${scenario.name}`);
    mkdirSync(folder, { mode: 0o755 });
    return await scenario.play({ ...rest, folder, server: this.server, dice: new Dice(seed) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
