import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { diagnoseWakeUps } from "../cli/diagnose-wake-ups.ts";
import { readStoreUrl, type StoreAddress, withListenUrl } from "../define/store-address.ts";
import { NO_POOLER, Pooler } from "../stores/postgres/pooler.fixture.ts";
import { OwnServer } from "../stores/postgres/server.fixture.ts";
import { wakeUpProblems } from "./wake-ups.ts";

describe("nodes that hear of each other", { skip: NO_POOLER }, () => {
  let server: OwnServer;
  let pooler: Pooler;
  before(async () => {
    server = await OwnServer.start();
    pooler = await Pooler.start(server, 2);
  });
  after(async () => {
    await pooler[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  /** What doctor says of it. */
  const said = async (address: StoreAddress): Promise<string> => {
    const [finding] = diagnoseWakeUps(address, await wakeUpProblems(address));
    return finding === undefined ? "nothing" : `${finding.verdict}: ${finding.message}`;
  };
  const at = (url: string, listenUrl: string | null = null): StoreAddress =>
    withListenUrl(readStoreUrl(url, "/srv/app"), listenUrl);

  it("do so by the store's URL, or past a pooler by another", async () => {
    assert.match(await said(at(server.url())), /^ok: /);
    assert.match(await said(at(pooler.url(), server.url())), /^ok: /);
    assert.equal(await said(at("sqlite:a.db")), "nothing");
  });

  it("are told of where they cannot", async () => {
    const words = "doubtful: Nodes do not hear of each other: ";
    assert.equal(await said(at(pooler.url())), `${words}the store's URL leads through a pooler.`);
    assert.equal(
      await said(at(pooler.url(), pooler.url())),
      `${words}BELFRY_LISTEN_URL leads through a pooler too.`,
    );
    const nowhere = "postgres://tester@127.0.0.1:1/postgres";
    assert.match(await said(at(pooler.url(), nowhere)), /cannot be used: .*ECONNREFUSED/);
  });
});
