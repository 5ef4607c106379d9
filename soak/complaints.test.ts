import assert from "node:assert/strict";
import { it } from "node:test";
import { complaintsIn } from "./complaints.ts";

function logOf(...lines: readonly (readonly [pid: number, what: string])[]): string {
  return lines
    .map(([pid, what]) => `2026-12-01 14:57:01.267 UTC [${pid}] belfry store ERROR:  ${what}\n`)
    .join("");
}

const GIVEN_UP = "canceling statement due to lock timeout";
const ABORTED = "current transaction is aborted, commands ignored until end of transaction block";
const UNKNOWN = 'prepared statement "belfry_71" does not exist';

it("A server's complaints are all but waits that were given up, and what was sent behind those", () => {
  assert.deepEqual(
    complaintsIn(logOf([7, GIVEN_UP], [7, ABORTED], [7, UNKNOWN], [7, UNKNOWN])),
    [],
  );
  assert.deepEqual(complaintsIn(logOf([7, GIVEN_UP], [8, UNKNOWN])), [
    ['prepared statement "belfry_N" does not exist', 1],
  ]);
  assert.deepEqual(
    complaintsIn(logOf([7, GIVEN_UP], [7, "division by zero"], [7, ABORTED], [7, ABORTED])),
    [
      [ABORTED, 2],
      ["division by zero", 1],
    ],
  );
});
