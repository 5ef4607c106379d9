import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { until } from "./shop.fixture.ts";

for (const framework of ["express", "fastify"]) {
  describe(`belfry inside ${framework}`, () => {
    it("runs what requests trigger, once, and ends with its server", async () => {
      await using server = await ServerUnderTest.start(framework);
      const user = { email: "ada@example.org" };
      const { status, body } = await server.post("/users", user);
      assert.equal(status, 202);
      const id = String(body["run"]);

      let run = await server.get(`/runs/${id}`);
      await until(async () => {
        run = await server.get(`/runs/${id}`);
        return run.body["state"] === "succeeded";
      });
      assert.deepEqual(run.body["result"], { greeted: "ada@example.org" });
      assert.deepEqual((await server.post("/users", user)).body, { run: id });

      const unknown = await server.get("/runs/0000");
      assert.deepEqual([unknown.status, unknown.body["code"]], [404, "unknown-run"]);

      assert.deepEqual(await server.stop(), { code: 0, stderr: "" });
    });

    it("starts again where it was killed, and goes on with what waited", async () => {
      await using server = await ServerUnderTest.start(framework);
      const users = Array.from({ length: 5 }, (_, index) => `user-${index}@example.org`);
      const runs = await Promise.all(users.map((email) => server.post("/users", { email })));
      await server.restart("SIGKILL");
      await until(async () => {
        const ids = runs.map(({ body }) => String(body["run"]));
        const now = await Promise.all(ids.map((id) => server.get(`/runs/${id}`)));
        return now.every(({ body }) => body["state"] === "succeeded");
      });
    });
  });
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** An example as a process, with a store of its own. */
class ServerUnderTest implements AsyncDisposable {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "belfry-server-"));
  readonly #framework: string;
  #process: ChildProcess | null = null;
  #port = 0;
  #stderr = "";

  private constructor(framework: string) {
    this.#framework = framework;
  }

  static async start(framework: string): Promise<ServerUnderTest> {
    const server = new ServerUnderTest(framework);
    await server.#start();
    return server;
  }

  async get(path: string): Promise<Answer> {
    return answerOf(await fetch(`http://127.0.0.1:${this.#port}${path}`));
  }

  async post(path: string, body: object): Promise<Answer> {
    return answerOf(
      await fetch(`http://127.0.0.1:${this.#port}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", connection: "close" },
        body: JSON.stringify(body),
      }),
    );
  }

  async restart(signal: NodeJS.Signals): Promise<void> {
    await this.#end(signal);
    await this.#start();
  }

  async stop(): Promise<{ code: number | null; stderr: string }> {
    return { code: await this.#end("SIGTERM"), stderr: this.#stderr };
  }

  async #start(): Promise<void> {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, `servers/${this.#framework}.ts`)],
      {
        cwd: this.#folder,
        env: { PATH: process.env["PATH"], STORE: `sqlite:${this.#folder}/belfry.db` },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    this.#process = child;
    child.stderr.on("data", (chunk) => {
      this.#stderr += String(chunk);
    });
    const [line]: unknown[] = await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
    const port = /"port":(\d+)/.exec(String(line))?.[1];
    assert.ok(port !== undefined, `it did not start: ${this.#stderr}`);
    this.#port = Number(port);
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#process;
    if (child === null) return null;
    const gone = once(child, "exit");
    child.kill(signal);
    const [code]: unknown[] = await gone;
    this.#process = null;
    return typeof code === "number" ? code : null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, body: JSON.parse(await response.text()) };
}
