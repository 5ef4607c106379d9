import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startsIn } from "./cron-log.ts";

const LOG = `Nov 24 02:29:01 vm CRON[11]: (root) CMD (early)
Nov 24 02:30:01 vm CRON[12]: (root) CMD (cd / && run-parts /etc/cron.hourly)
Nov 24 02:30:01 vm CRON[13]: pam_unix(cron:session): session opened for user ann
Nov 24 02:30:02 vm CROND[14]: (ann) CMD (echo "(x)")
2026-11-24T02:30:01.123456+00:00 vm CRON[15]: (bob) CMD ( /usr/bin/x )
Nov  4 02:30:01 vm crond[16]: (eve) CMD (other day)
`;

describe("cron's log", () => {
  it("tells what cron started in a minute, in either stamp", () => {
    assert.deepEqual(startsIn(LOG, "2026-11-24 02:30"), [
      { user: "root", command: "cd / && run-parts /etc/cron.hourly" },
      { user: "ann", command: 'echo "(x)"' },
      { user: "bob", command: "/usr/bin/x" },
    ]);
    assert.deepEqual(startsIn(LOG, "2026-11-04 02:30"), [{ user: "eve", command: "other day" }]);
  });
});
