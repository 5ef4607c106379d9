import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { heartbeatKindOf } from "./heartbeat-kind.ts";

const UUID = "0b8f5e8a-7d6c-4f0a-9a55-1f1f1f1f1f1f";
const KEY = "fQlH3zJk1mN0pQ2rS4tU5v";

describe("the kind of a heartbeat", () => {
  for (const [url, kind] of [
    [`https://hc-ping.com/${UUID}`, "healthchecks"],
    [`https://hc-ping.com/${KEY}/backup?create=1`, "healthchecks"],
    [`https://checks.example.org/ping/${UUID}`, "healthchecks"],
    [`http://10.0.0.7:8000/hc/ping/${UUID.toUpperCase()}/`, "healthchecks"],
    [`https://checks.example.org/ping/${KEY}/db-backup_2`, "healthchecks"],
    ["https://checks.example.org/ping/backup", "plain"],
    [`https://example.org/${UUID}`, "plain"],
    ["https://cronitor.link/p/key/backup", "cronitor"],
    ["https://cronitor.link/d3x0c1", "cronitor"],
    ["https://eu.cronitor.link/ping/key/backup?env=prod", "cronitor"],
    ["https://cronitor.io/ping/key/backup", "cronitor"],
    ["https://cronitor.io/blog", "plain"],
    ["https://uptime.betterstack.com/api/v1/heartbeat/t0ken", "better-stack"],
    ["https://betteruptime.com/api/v1/heartbeat/t0ken", "better-stack"],
    ["https://uptime.betterstack.com/team", "plain"],
    ["https://hc-ping.com.example.org/x", "plain"],
    ["https://kuma.example.org/api/push/Abc", "plain"],
  ] as const) {
    it(`of ${url} is ${kind}`, () => assert.equal(heartbeatKindOf(new URL(url)), kind));
  }
});
