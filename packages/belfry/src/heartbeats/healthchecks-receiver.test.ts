import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { type Check, HealthchecksReceiver, shownStatus } from "./healthchecks.fixture.ts";

// The judge is judged: curl, used as people use it, against Healthchecks' own list of expectations.

const run = promisify(execFile);
const HOUR_MS = 3_600_000;

async function curl(...args: readonly string[]): Promise<{ status: number; text: string }> {
  const { stdout } = await run("curl", ["-s", "-m", "5", "-w", "\n%{http_code}", ...args]);
  const at = stdout.lastIndexOf("\n");
  return { status: Number(stdout.slice(at + 1)), text: stdout.slice(0, at) };
}

const OK = { status: 200, text: "OK" };
const MISSING = { status: 404, text: "not found" };
const BAD_URL = { status: 400, text: "invalid url format" };
const BAD_RID = { status: 400, text: "invalid uuid format" };

describe("the receiver, as curl finds it", () => {
  it("is up after a GET, a POST or a HEAD, and answers what caches must not keep", async () => {
    await using hc = await HealthchecksReceiver.open();
    const check = hc.add();
    assert.deepEqual(await curl(hc.url(check)), OK);
    assert.deepEqual(await curl("--data-raw", "done", `${hc.url(check)}/`), OK);
    const { text } = await curl("-I", hc.url(check));
    assert.match(text, /access-control-allow-origin: \*/i);
    assert.match(text, /no-cache/i);
    assert.match(text, /ping-body-limit: 10000/i);
    assert.equal(check.status, "up");
    assert.deepEqual(
      check.pings.map(({ method, body }) => [method, body.toString()]),
      [
        ["GET", ""],
        ["POST", "done"],
        ["HEAD", ""],
      ],
    );
  });

  it("knows no check by a malformed, undashed or unknown UUID, nor another step", async () => {
    await using hc = await HealthchecksReceiver.open();
    const { uuid } = hc.add();
    for (const path of [
      "x",
      uuid.replaceAll("-", ""),
      randomUUID(),
      `${uuid}/done`,
      `${uuid}/start/1`,
    ]) {
      assert.deepEqual(await curl(`${hc.base}/${path}`), MISSING, path);
    }
  });

  it("is down after /fail or an exit status, up after 0, and unchanged by /log and /start", async () => {
    await using hc = await HealthchecksReceiver.open();
    const check = hc.add();
    const seen: [number, Check["status"]][] = [];
    for (const step of ["start", "log", "fail", "0", "123", "255"]) {
      const { status } = await curl(`${hc.url(check)}/${step}`);
      seen.push([status, check.status]);
    }
    assert.deepEqual(seen, [
      [200, "new"],
      [200, "new"],
      [200, "down"],
      [200, "up"],
      [200, "down"],
      [200, "down"],
    ]);
    assert.deepEqual(check.flips, [
      { from: "new", to: "down" },
      { from: "down", to: "up" },
      { from: "up", to: "down" },
    ]);
    assert.deepEqual(
      check.pings.map(({ exitStatus }) => exitStatus),
      [null, null, null, 0, 123, 255],
    );
    assert.deepEqual(await curl(`${hc.url(check)}/256`), BAD_URL);
    assert.equal(check.pings.length, 6);
  });

  it("pairs a start with its end by rid, in either case of letters, and refuses what is none", async () => {
    await using hc = await HealthchecksReceiver.open();
    const check = hc.add();
    const url = hc.url(check);
    const [a, b] = [randomUUID(), randomUUID()];
    const ended = async (start: string, end: string): Promise<[boolean, boolean]> => {
      await curl(`${url}/start${start}`);
      await curl(`${url}${end}`);
      return [check.lastDuration !== null, check.lastStart !== null];
    };
    assert.deepEqual(await ended("", ""), [true, false], "neither has one");
    assert.deepEqual(await ended(`?rid=${a}`, `?rid=${a.toUpperCase()}`), [true, false]);
    assert.deepEqual(await ended(`?rid=${a}`, `?rid=${b}`), [false, true], "another's success");
    assert.equal(check.lastStartRid, a);
    assert.deepEqual(await ended(`?rid=${a}`, ""), [false, false], "a success without one");
    assert.deepEqual(
      await ended(`?rid=${a}`, `/fail?rid=${b}`),
      [false, false],
      "another's failure",
    );
    for (const rid of ["12345", `${a}0`]) {
      assert.deepEqual(await curl(`${url}?rid=${rid}`), BAD_RID);
    }
  });

  it("keeps the first bytes of a body, whatever they are", async () => {
    await using hc = await HealthchecksReceiver.open();
    const check = hc.add();
    hc.bodyLimit = 5;
    await curl("--data-raw", "hello world", hc.url(check));
    hc.bodyLimit = null;
    const { text } = await curl("-i", "--data-raw", "x".repeat(20_000), hc.url(check));
    assert.equal(/ping-body-limit/i.test(text), false);
    await curl("--data-binary", "@/bin/sh", "-H", "content-type: text/plain", hc.url(check));
    const [short, long, binary] = check.pings.map(({ body }) => body);
    assert.deepEqual([short?.toString(), long?.length], ["hello", 20_000]);
    assert.equal(binary?.subarray(1, 4).toString(), "ELF");
  });

  it("takes note of who pings, from behind a proxy too", async () => {
    await using hc = await HealthchecksReceiver.open();
    const check = hc.add();
    const ping = async (...headers: string[]) => {
      await curl(...headers.flatMap((header) => ["-H", header]), hc.url(check));
      return check.pings.at(-1);
    };
    assert.equal((await ping(`user-agent: ${"u".repeat(120)}`))?.userAgent.length, 120);
    assert.equal((await ping(`user-agent: ${"u".repeat(9_000)}`))?.userAgent.length, 200);
    assert.equal((await ping())?.remoteAddress, "127.0.0.1");
    for (const [forwarded, address] of [
      ["1.1.1.1", "1.1.1.1"],
      ["2001:db8::1", "2001:db8::1"],
      ["1.1.1.1, 2.2.2.2", "1.1.1.1"],
      ["1.1.1.1:4711", "1.1.1.1"],
      ["::ffff:1.1.1.1", "::ffff:1.1.1.1"],
    ] as const) {
      assert.equal((await ping(`x-forwarded-for: ${forwarded}`))?.remoteAddress, address);
    }
    assert.equal((await ping("x-forwarded-proto: https"))?.scheme, "https");
  });

  it("resumes a paused check, unless that is to be done by hand", async () => {
    await using hc = await HealthchecksReceiver.open();
    const check = hc.add({ status: "paused" });
    await curl(`${hc.url(check)}/start`);
    assert.deepEqual([check.status, check.lastStart === null], ["paused", false]);
    await curl(hc.url(check));
    assert.equal(check.status, "up");
    const held = hc.add({ status: "paused", manualResume: true });
    assert.deepEqual(await curl(hc.url(held)), OK);
    assert.deepEqual([held.status, held.pings[0]?.action], ["paused", "ign"]);
  });

  it("takes no notice of a GET where only POST counts", async () => {
    await using hc = await HealthchecksReceiver.open();
    const check = hc.add({ methods: "POST", filter: filter({ failure: "no" }) });
    assert.deepEqual(await curl(hc.url(check)), OK);
    assert.deepEqual([check.status, check.pings[0]?.action], ["new", "ign"]);
  });

  it("goes by words of the body where it is told to, before the address", async () => {
    await using hc = await HealthchecksReceiver.open();
    const words = { success: "done", start: "begin", failure: "error, panic" };
    const check = hc.add({ filter: filter(words) });
    const strict = hc.add({ filter: filter({ ...words, default: "fail" }) });
    const said = async (body: string, to = check, step = "") => {
      await curl("--data-raw", body, `${hc.url(to)}${step}`);
      return to.pings.at(-1)?.action;
    };
    assert.equal(await said("all done"), "success");
    assert.equal(await said("a panic, and done"), "fail");
    assert.equal(await said("begin"), "start");
    assert.equal(await said("hm"), "ign");
    assert.equal(await said("all done", check, "/fail"), "success");
    assert.equal(await said("hm", strict), "fail");
  });

  it("finds a check by ping key and slug, and makes one where it is asked to", async () => {
    await using hc = await HealthchecksReceiver.open();
    const check = hc.add({ slug: "db-backup" });
    const url = `${hc.base}/${hc.pingKey}`;
    assert.deepEqual(await curl(`${url}/db-backup`), OK);
    assert.deepEqual(await curl("-I", `${url}/db-backup`).then(({ status }) => status), 200);
    for (const step of ["start", "fail", "0", "123"]) await curl(`${url}/db-backup/${step}`);
    assert.deepEqual(
      check.pings.map(({ action }) => action),
      ["success", "success", "start", "fail", "success", "fail"],
    );
    assert.deepEqual(await curl(`${hc.base}/fQlH3zJk1mN0pQ2rS4tU5X/db-backup`), MISSING);
    assert.deepEqual(await curl(`${url}/other`), MISSING);
    assert.deepEqual(await curl(`${url}/Other?create=1`), BAD_URL);
    assert.deepEqual(await curl(`${hc.base}/wrong/other?create=1`), MISSING);
    assert.equal(hc.checks.length, 1);
    const created = { status: 201, text: "Created" };
    assert.deepEqual(await curl(`${url}/other?create=1`), created);
    assert.deepEqual([hc.checks[1]?.slug, hc.checks[1]?.pings.length], ["other", 1]);
    assert.deepEqual(await curl(`${url}/bad?create=1&rid=1`), BAD_RID, "and it stays");
    assert.deepEqual([hc.checks[2]?.slug, hc.checks[2]?.pings.length], ["bad", 0]);
    hc.checksMax = 3;
    assert.deepEqual(await curl(`${url}/more?create=1`), MISSING);
    hc.add({ slug: "other" });
    assert.deepEqual(await curl(`${url}/other`), { status: 409, text: "ambiguous slug" });
  });

  it("shows who is late, and who started and never ended", async () => {
    await using hc = await HealthchecksReceiver.open();
    const check = hc.add();
    const shown = (afterMs: number): string => shownStatus(check, (check.lastPing ?? 0) + afterMs);
    assert.equal(shownStatus(check, Date.now()), "new");
    await curl(hc.url(check));
    assert.deepEqual(
      [23.9, 24, 24.9, 25, 48].map((hours) => shown(hours * HOUR_MS)),
      ["up", "grace", "grace", "down", "down"],
    );
    await curl(`${hc.url(check)}/start`);
    const startedAt = check.lastStart ?? 0;
    assert.equal(shownStatus(check, startedAt + HOUR_MS - 1), "up");
    for (const status of ["up", "new", "paused", "down"] as const) {
      check.status = status;
      assert.equal(shownStatus(check, startedAt + HOUR_MS), "down");
    }
  });
});

function filter(over: Partial<NonNullable<Check["filter"]>>): Check["filter"] {
  return { success: "", start: "", failure: "", default: "ign", ...over };
}
