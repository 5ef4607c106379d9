import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BelfryError } from "../../core/errors.ts";
import { explain, isAway, isRetryable } from "./failures.ts";

function failure(code: string, more: object = {}): Error {
  return Object.assign(new Error(`failed with ${code}.`), { code, ...more });
}

describe("what an error of PostgreSQL means", () => {
  it("the server is away where it stops, has no line left or takes no writes", () => {
    for (const code of ["57P01", "57P03", "08006", "08P01", "53300", "25006", "ECONNRESET"]) {
      assert.ok(isAway(failure(code)), code);
    }
    assert.ok(isAway(new Error("Connection terminated unexpectedly")));
    assert.ok(isAway(failure("ENOENT", { syscall: "connect" })));
    for (const code of ["23505", "42P01", "40001", "ENOENT", "0800"]) {
      assert.ok(!isAway(failure(code)), code);
    }
    assert.ok(isAway(explain(failure("57P01"), "x")));
    assert.ok(!isAway(explain(failure("28P01"), "x")));
    assert.ok(!isAway(new Error("a surprise")));
    assert.ok(!isAway("57P01"));
  });

  it("all of it may be done again where it met others", () => {
    for (const code of ["40001", "40P01", "55P03", "23505"]) {
      assert.ok(isRetryable(failure(code)), code);
    }
    assert.ok(isRetryable(failure("23514", { table: "history_default" })));
    assert.ok(!isRetryable(failure("23514", { table: "meta" })));
    assert.ok(!isRetryable(failure("23503")));
    assert.ok(!isRetryable(failure("57P01")));
  });

  it("is told with the server, its own words and what helps", () => {
    const told = explain(failure("28P01"), "postgres://h:5432/db");
    assert.ok(told instanceof BelfryError);
    assert.equal(told.kind, "unavailable");
    assert.equal(told.code, "store-unavailable");
    assert.equal(told.message, "The store postgres://h:5432/db cannot be used: failed with 28P01.");
    assert.match(told.hint ?? "", /pg_hba\.conf/);
    const hints = ["25006", "53300", "53100", "3D000", "SELF_SIGNED_CERT_IN_CHAIN", "ECONNREFUSED"]
      .map((code) => explain(failure(code), "x"))
      .map((error) => (error instanceof BelfryError ? error.hint : null));
    assert.equal(new Set(hints).size, hints.length);
    assert.ok(!hints.includes(null));
  });

  it("tells each address of a server that was tried", () => {
    const both = Object.assign(
      new AggregateError([new Error("no ::1"), new Error("no 127.0.0.1")]),
      { code: "ECONNREFUSED" },
    );
    assert.match(String(explain(both, "x")), /no ::1; no 127\.0\.0\.1/);
  });

  it("stays a surprise where it is one, and what was explained stays as it is", () => {
    const surprise = failure("23505");
    assert.equal(explain(surprise, "x"), surprise);
    const explained = explain(failure("57P01"), "x");
    assert.equal(explain(explained, "y"), explained);
  });
});
