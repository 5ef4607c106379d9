import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readHttpAddress, writtenHttpAddress } from "./http-address.ts";

describe("the address of health and metrics", () => {
  const good: readonly (readonly [text: string, written: string | null])[] = [
    ["127.0.0.1:7411", "127.0.0.1:7411"],
    ["7411", "127.0.0.1:7411"],
    ["0.0.0.0:80", "0.0.0.0:80"],
    ["[::1]:0", "[::1]:0"],
    ["belfry.internal:9", "belfry.internal:9"],
    ["off", null],
  ];
  for (const [text, written] of good) {
    it(`may be ${text}`, () => {
      const address = readHttpAddress(text, "BELFRY_HTTP");
      assert.equal(address && writtenHttpAddress(address), written);
    });
  }

  for (const text of [
    "",
    "y",
    "host",
    "host:",
    ":1",
    "host:65536",
    "::1:80",
    "http://a:1",
    "a b:1",
  ]) {
    it(`may not be ${JSON.stringify(text)}`, () => {
      assert.throws(() => readHttpAddress(text, "BELFRY_HTTP"), {
        code: "bad-http-address",
        message: "BELFRY_HTTP: is no address",
      });
    });
  }
});
