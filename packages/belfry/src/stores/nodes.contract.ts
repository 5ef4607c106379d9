import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Open, withStore } from "./store.contract.ts";
import {
  attemptOf,
  claimDue,
  claimOne,
  comesDue,
  declare,
  definition,
  joinNode,
  LEASE,
  MINUTE,
  NOON,
  release,
  runOf,
  SUCCEEDED,
  settlement,
  settleOne,
  stage,
  triggerRun,
} from "./store.fixture.ts";

const sync = definition("sync");

export function nodesContract(open: Open): void {
  describe("nodes", () => {
    it(
      "shows a node that joined, with its lease, its releases and what it runs",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        await triggerRun(store, sync);
        await claimOne(store, NOON);
        const [node] = await store.nodes();
        assert.equal(node?.id, "n1");
        assert.equal(node?.state, "alive");
        assert.equal(node?.running, 1);
        assert.equal(node?.stalled, null);
        assert.equal(node?.http, null);
        const { source, hash } = release([sync]);
        assert.deepEqual(node?.releases, [{ source, hash }]);
      }),
    );

    it(
      "joins a store that nobody has restored, and says nothing of it",
      withStore(open, async (store) => {
        const node = {
          id: "n1",
          host: "host",
          pid: 1,
          version: "0",
          concurrency: 1,
          tags: [],
          http: null,
        };
        const before = await store.mark();
        assert.equal(
          await store.join({ ...node, leaseUntil: NOON + LEASE, releases: [] }, NOON),
          null,
        );
        const { generation, copiedAt } = await store.mark();
        assert.ok(generation > before.generation);
        assert.equal(copiedAt, null);
        assert.deepEqual(await store.audit({ what: "store.restored", limit: 1 }), []);
      }),
    );

    it(
      "shows where a node's health and metrics are read",
      withStore(open, async (store) => {
        const where = { host: "host", pid: 1, version: "0", tags: [], http: "127.0.0.1:7411" };
        const node = { id: "n1", ...where, concurrency: 1, leaseUntil: NOON + LEASE, releases: [] };
        await store.join(node, NOON);
        assert.equal((await store.nodes())[0]?.http, "127.0.0.1:7411");
      }),
    );

    it(
      "renews a lease, never shortens it",
      withStore(open, async (store) => {
        await joinNode(store, "n1", [], NOON, LEASE);
        assert.equal((await store.renew("n1", NOON + 2 * LEASE, NOON)).alive, true);
        assert.equal((await store.renew("n1", NOON + LEASE, NOON)).alive, true);
        assert.equal((await store.nodes())[0]?.leaseUntil, NOON + 2 * LEASE);
      }),
    );

    it(
      "renews after the lease ran out, if nobody declared the node dead meanwhile",
      withStore(open, async (store) => {
        await joinNode(store, "n1", [], NOON, LEASE);
        const later = NOON + 5 * LEASE;
        assert.equal((await store.renew("n1", later + LEASE, later)).alive, true);
      }),
    );

    it(
      "tells a node that was declared dead so, and does not raise it",
      withStore(open, async (store) => {
        await joinNode(store, "n1", [], NOON, LEASE);
        assert.equal(await store.kill("n1", "proven", NOON, "killer"), "killed");
        assert.equal((await store.renew("n1", NOON + LEASE, NOON)).alive, false);
        assert.equal((await store.nodes())[0]?.state, "dead");
        assert.equal((await store.renew("nobody", NOON + LEASE, NOON)).alive, false);
      }),
    );

    it(
      "holds a node whose lease runs, unless its death is proven",
      withStore(open, async (store) => {
        await joinNode(store, "n1", [], NOON, LEASE);
        assert.equal(await store.kill("n1", "expired", NOON + LEASE, "killer"), "held");
        assert.equal((await store.nodes())[0]?.state, "alive");
        assert.equal(await store.kill("n1", "expired", NOON + LEASE + 1, "killer"), "killed");
        assert.equal(await store.kill("n1", "expired", NOON + LEASE + 1, "killer"), "held");
        assert.equal(await store.kill("n1", "proven", NOON + LEASE + 1, "killer"), "held");
        assert.equal((await store.nodes())[0]?.endedAt, NOON + LEASE + 1);
      }),
    );

    it(
      "names the living nodes beside one's own",
      withStore(open, async (store) => {
        for (const id of ["own", "peer", "dead", "left"])
          await joinNode(store, id, [], NOON, LEASE);
        await store.kill("dead", "proven", NOON, "killer");
        await store.leave("left", NOON);
        const peers = await store.peers("own");
        assert.deepEqual(
          peers.map(({ id, leaseUntil }) => ({ id, leaseUntil })),
          [{ id: "peer", leaseUntil: NOON + LEASE }],
        );
      }),
    );

    it(
      "gives nothing to a node that is dead, unknown, has left, or whose lease ran out",
      withStore(open, async (store) => {
        const { release: made } = await declare(store, [sync]);
        await joinNode(store, "dead", [made]);
        await joinNode(store, "left", [made]);
        await joinNode(store, "late", [made], NOON, LEASE);
        await store.kill("dead", "proven", NOON, "killer");
        await store.leave("left", NOON);
        await triggerRun(store, sync);
        const after = NOON + LEASE + 1;
        for (const node of ["dead", "left", "late", "unknown"]) {
          assert.deepEqual(await claimDue(store, after, { node }), [], node);
        }
        assert.equal((await claimDue(store, NOON + LEASE, { node: "late" })).length, 1);
      }),
    );

    it(
      "gives a node that died nothing of the claim it had made, though it asks again",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        await triggerRun(store, sync);
        const request = { node: "n1", claimId: "c", limit: 5, only: null };
        assert.equal((await store.claim(request, NOON)).runs.length, 1);
        await store.kill("n1", "proven", NOON, "killer");
        assert.deepEqual((await store.claim(request, NOON)).runs, []);
      }),
    );

    it(
      "finds the runs of nodes that died or left, and no others",
      withStore(open, async (store) => {
        const { release: made } = await declare(store, [sync]);
        for (const node of ["n1", "n2", "n3"]) await joinNode(store, node, [made]);
        const held = [];
        for (const node of ["n1", "n2", "n3"]) {
          await triggerRun(store, sync);
          held.push(await claimOne(store, NOON, node));
        }
        assert.deepEqual(await store.orphans(10), []);
        await store.kill("n1", "proven", NOON, "killer");
        await store.leave("n3", NOON);
        const orphans = await store.orphans(10);
        const ids = orphans.map((run) => run.id).sort((a, b) => (a < b ? -1 : 1));
        assert.deepEqual(ids, [held[0]?.id, held[2]?.id]);
        assert.equal((await store.orphans(1)).length, 1);
        assert.deepEqual(
          orphans.find((run) => run.node === "n1"),
          held[0],
        );
      }),
    );

    it(
      "says what runs under a node, and what of it still does under the same fence",
      withStore(open, async (store) => {
        const { release: made } = await declare(store, [sync]);
        for (const node of ["n1", "n2"]) await joinNode(store, node, [made]);
        await triggerRun(store, sync);
        const mine = await claimOne(store, NOON, "n1");
        await triggerRun(store, sync);
        const other = await claimOne(store, NOON, "n2");
        const [held, ...others] = await store.holdings("n1");
        assert.deepEqual([held?.run, held?.fence, others], [mine.id, mine.fence, []]);
        const again = { node: "n1", claimId: held?.claim ?? "", limit: 1, only: null };
        const { runs } = await store.claim(again, NOON);
        assert.deepEqual(
          runs.map(({ id }) => id),
          [mine.id],
          "by its claim it is looked up",
        );
        assert.deepEqual(await store.holdings("nobody"), []);
        const asked = [
          { run: mine.id, fence: mine.fence },
          { run: other.id, fence: other.fence + 1_000 },
        ];
        assert.deepEqual(await store.held(asked), [mine]);
        assert.equal(await settleOne(store, mine, SUCCEEDED, NOON), "settled");
        assert.deepEqual(await store.held(asked), []);
        assert.deepEqual(await store.holdings("n1"), []);
      }),
    );

    it(
      "tells a node what its last claim holds also when its lease has run out",
      withStore(open, async (store) => {
        const { release: made } = await declare(store, [sync]);
        await joinNode(store, "n1", [made], NOON, LEASE);
        const id = await triggerRun(store, sync);
        const claim = { node: "n1", claimId: "c1", limit: 10, only: null };
        await store.claim(claim, NOON);
        const { runs } = await store.claim(claim, NOON + 2 * LEASE);
        assert.deepEqual(
          runs.map((run) => run.id),
          [id],
        );
      }),
    );

    it(
      "settles an orphan as lost by its fence, after which the dead node's own word is stale",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const { release: made } = await declare(store, [sync]);
        await joinNode(store, "n2", [made]);
        const id = await triggerRun(store, sync);
        const lost = await claimOne(store, NOON);
        await store.kill("n1", "proven", NOON, "killer");
        const [orphan] = await store.orphans(10);
        assert.ok(orphan);
        const verdict = { move: "retry", readyAt: NOON } as const;
        const late = settlement(lost, SUCCEEDED, NOON);
        const loss = { ...late, verdict, attempt: attemptOf(orphan, "lost", NOON) };
        assert.deepEqual((await store.settle([loss], NOON)).answers, ["settled"]);
        assert.deepEqual((await store.settle([loss], NOON)).answers, ["settled"]);
        assert.deepEqual((await store.settle([late], NOON)).answers, ["stale"]);
        assert.deepEqual(await store.orphans(10), []);
        const again = await claimOne(store, NOON, "n2");
        assert.equal(again.id, id);
        assert.ok(again.fence > lost.fence);
        assert.equal(await settleOne(store, again, SUCCEEDED, NOON), "settled");
        assert.equal((await runOf(store, id)).attempts.length, 2);
      }),
    );

    it(
      "tells a node what is wished of its runs, when it renews and when it asks",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const id = await triggerRun(store, sync);
        const run = await claimOne(store, NOON);
        assert.deepEqual(await store.wishes("n1"), []);
        await store.cancel(id, NOON, "ann");
        const wish = { run: id, fence: run.fence, asked: "cancelled", by: "ann" };
        assert.deepEqual(await store.wishes("n1"), [wish]);
        assert.deepEqual((await store.renew("n1", NOON + LEASE, NOON)).wishes, [wish]);
        assert.deepEqual(await store.wishes("n2"), []);
      }),
    );

    it(
      "claims only runs whose code the node has, and others once it carries it",
      withStore(open, async (store) => {
        const other = definition("other");
        await stage(store, [sync, other]);
        await joinNode(store, "n2", [release([sync])]);
        await comesDue(store, sync, NOON + MINUTE);
        await comesDue(store, other, NOON + MINUTE);
        const first = await claimDue(store, NOON + MINUTE, { node: "n2" });
        assert.deepEqual(
          first.map((run) => run.task),
          ["sync"],
        );
        await store.carry("n2", [release([sync, other])], NOON + MINUTE);
        const second = await claimDue(store, NOON + MINUTE, { node: "n2" });
        assert.deepEqual(
          second.map((run) => run.task),
          ["other"],
        );
      }),
    );

    it(
      "parks due runs whose code nobody has, and frees them when a node comes with it",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const id = await triggerRun(store, sync);
        assert.equal(await store.parkUncarried(NOON), 0);
        await store.leave("n1", NOON);
        assert.equal(await store.parkUncarried(NOON), 1);
        const parked = await runOf(store, id);
        assert.equal(parked.parked, "code");
        assert.equal(parked.readyAt, null);
        await joinNode(store, "n2", [release([sync])], NOON + MINUTE);
        assert.equal((await claimOne(store, NOON + MINUTE, "n2")).id, id);
      }),
    );
  });
}
