import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readStoreUrl, withListenUrl } from "./store-address.ts";

describe("the URL of a store", () => {
  it("names a file, relative to a folder", () => {
    for (const url of ["sqlite:data/x.db", "sqlite://data/x.db", "SQLITE:data/x.db"]) {
      assert.deepEqual(readStoreUrl(url, "/srv/app"), {
        kind: "sqlite",
        path: "/srv/app/data/x.db",
        shown: "/srv/app/data/x.db",
        dataDir: "/srv/app/data",
      });
    }
  });

  it("names a database, shown without its user and password", () => {
    for (const [url, shown] of [
      [
        "postgres://ann:s3cret@db.example:5433/jobs?sslmode=require",
        "postgres://db.example:5433/jobs",
      ],
      ["postgresql://ann@/jobs?host=/run/postgresql", "postgres:///run/postgresql/jobs"],
      ["postgres://ann:a/b@db/jobs", "postgres:"],
    ] as const) {
      const address = readStoreUrl(url, "/srv/app");
      assert.equal(address.kind, "postgres");
      assert.equal(address.shown, shown);
      assert.equal(address.dataDir, "/srv/app/.belfry");
    }
  });

  it("has another URL past a pooler, where it is a database", () => {
    const address = readStoreUrl("postgres://pooler/jobs", "/srv/app");
    assert.equal(withListenUrl(address, null), address);
    assert.equal(withListenUrl(address, ""), address);
    const past = "postgres://ann:s3cret@db/jobs";
    assert.deepEqual(withListenUrl(address, past), { ...address, listenUrl: past });
    const file = readStoreUrl("sqlite:a.db", "/srv/app");
    assert.equal(withListenUrl(file, past), file);
    assert.throws(() => withListenUrl(address, "s3cret"), {
      code: "bad-store",
      message: "BELFRY_LISTEN_URL is no URL of PostgreSQL",
    });
  });

  it("says what is wrong, and never what was written", () => {
    for (const [url, message] of [
      ["s3cret", "the store is not a URL"],
      ["sqlite:", "the store's URL names no file"],
      ["mysql://ann:s3cret@db/jobs", 'there is no store of the kind "mysql"'],
    ] as const) {
      assert.throws(() => readStoreUrl(url, "/"), { code: "bad-store", message });
    }
  });
});
