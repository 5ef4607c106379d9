import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { Project } from "./project.fixture.ts";
import { readSecret, resolveSecret, secret } from "./secret.ts";

describe("a secret", () => {
  it("shows its name and nothing else", () => {
    const password = secret("PASSWORD");
    assert.equal(JSON.stringify({ password }), '{"password":"secret(PASSWORD)"}');
    assert.equal(inspect({ password }), "{ password: secret(PASSWORD) }");
    assert.equal(`${password}`, "secret(PASSWORD)");
  });

  it("is read from the environment, else from the file that it names", async () => {
    await using project = await Project.create({ password: "from a file\n" });
    const file = join(project.folder, "password");
    assert.equal(readSecret("P", { P: "direct", P_FILE: file }), "direct");
    assert.equal(readSecret("P", { P_FILE: file }), "from a file");
    assert.equal(readSecret("P", {}), null);
  });

  it("that cannot be had says what to set", () => {
    assert.throws(() => resolveSecret(secret("P"), {}), {
      message: "secret P is not set",
      hint: "set P, or P_FILE to a file that holds it",
    });
    assert.throws(() => resolveSecret(secret("P"), { P_FILE: "/nowhere" }), {
      code: "unreadable-secret",
      file: "/nowhere",
    });
  });
});
