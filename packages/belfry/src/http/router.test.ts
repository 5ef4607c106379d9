import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { text } from "./answer.ts";
import { isOurs } from "./host-names.ts";
import { type Request, route } from "./router.ts";

const ROUTES = {
  "/here": () => text(200, "yes\n"),
  "/broken": () => {
    throw new Error("at /home/somebody");
  },
};

const GOOD: Request = {
  method: "GET",
  target: "/here",
  host: "localhost:7411",
  accept: undefined,
  body: "none",
};

async function asked(parts: Partial<Request>): Promise<string> {
  const { status, body } = await route({ ...GOOD, ...parts }, ROUTES, ["localhost"]);
  return `${status} ${body.split("\n", 1)[0]}`;
}

describe("a request's Host", () => {
  const good = [
    "localhost",
    "LocalHost:1",
    "localhost.",
    "127.0.0.1:7411",
    "[::1]:80",
    "10.1.2.3",
    "box:7411",
  ];
  for (const host of good) {
    it(`may be ${host}`, () => assert.equal(isOurs(host, ["localhost", "Box"]), true));
  }
  const bad = [
    "",
    "evil.example",
    "evil.example:7411",
    "localhost.evil.example",
    "127.0.0.1.nip.io",
    "[evil]",
    "[127.0.0.1]",
    "localhost:80:80",
    "127.1",
    "0x7f.1",
    "a@localhost",
  ];
  for (const host of bad) {
    it(`may not be ${JSON.stringify(host)}`, () =>
      assert.equal(isOurs(host, ["localhost"]), false));
  }
});

describe("what is asked for by HTTP", () => {
  it("is answered where there is something, whatever its query", async () => {
    assert.equal(await asked({}), "200 yes");
    assert.equal(await asked({ method: "HEAD", target: "/here?a=/b" }), "200 yes");
  });

  it("is refused plainly where there is nothing, and told what there is", async () => {
    const { status, body } = await route({ ...GOOD, target: "/" }, ROUTES, ["localhost"]);
    assert.equal(status, 404);
    assert.match(body, /GET \/here\n/);
    const targets = [
      "/here/",
      "/HERE",
      "//here",
      "/here;x",
      "/x/../here",
      "/%68ere",
      "/constructor",
    ];
    for (const target of targets) assert.match(await asked({ target }), /^404/, target);
    for (const target of ["http://localhost/here", "*", ""]) {
      assert.match(await asked({ target }), /^400/, target);
    }
  });

  it("may only be read", async () => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get"]) {
      assert.match(await asked({ method }), /^405 Only GET and HEAD/);
    }
    const { headers } = await route({ ...GOOD, method: "POST" }, ROUTES, ["localhost"]);
    assert.equal(headers["allow"], "GET, HEAD");
    assert.match(await asked({ body: "some" }), /^413/);
  });

  it("is not answered under another host's name", async () => {
    assert.match(await asked({ host: "evil.example" }), /^421/);
    assert.match(await asked({ host: undefined }), /^421/);
    assert.match(await asked({ host: "evil.example", target: "/nowhere" }), /^421/);
  });

  it("tells nothing of what went wrong inside", async () => {
    assert.equal(await asked({ target: "/broken" }), "500 This could not be answered.");
  });

  it("is answered with headers that keep it from other pages", async () => {
    for (const target of ["/here", "/nowhere"]) {
      const { headers } = await route({ ...GOOD, target }, ROUTES, ["localhost"]);
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.equal(headers["cache-control"], "no-store");
      assert.equal(headers["cross-origin-resource-policy"], "same-origin");
    }
  });
});
