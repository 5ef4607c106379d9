import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { storeContract } from "../store.contract.ts";
import { SqliteStore } from "./store.ts";

const folder = mkdtempSync(join(tmpdir(), "belfry-store-"));
after(() => rmSync(folder, { recursive: true }));

let files = 0;

storeContract("the SQLite store in memory", async () => new SqliteStore(":memory:"));
storeContract("the SQLite store in a file", async () => {
  files += 1;
  return new SqliteStore(join(folder, `${files}.db`));
});
