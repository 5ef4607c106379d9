import type { Alert, Channel } from "../channel.ts";
import type { Clock } from "../clock.ts";
import { BelfryError } from "../core/errors.ts";
import type { Problem } from "../define/problem.ts";

/** What came of a try. */
export type ChannelTest =
  | { readonly result: "taken"; readonly said: string; readonly tookMs: number }
  | {
      readonly result: "refused";
      readonly error: string;
      readonly hint: string | null;
      readonly tookMs: number;
    };

/** As long as a node gives an alert, ms. */
const TIMEOUT_MS = 10_000;

/** Sends a test alert now, once, and waits for what the other side says. */
export async function testChannel(
  name: string,
  channel: Channel,
  around: { readonly clock: Clock; readonly entropy: () => string; readonly by: string },
): Promise<ChannelTest> {
  const { clock } = around;
  const from = clock.monotonic();
  const abort = new AbortController();
  const withdraw = clock.schedule(clock.now() + TIMEOUT_MS, () => abort.abort());
  try {
    const alert = testAlert(name, clock.now(), around.entropy(), around.by);
    const said = await channel.send(alert, abort.signal);
    return { result: "taken", said, tookMs: Math.round(clock.monotonic() - from) };
  } catch (thrown) {
    return {
      result: "refused",
      error: thrown instanceof Error ? thrown.message : String(thrown),
      hint: thrown instanceof BelfryError ? thrown.hint : null,
      tookMs: Math.round(clock.monotonic() - from),
    };
  } finally {
    withdraw();
  }
}

/** The answer where a channel cannot be used here, such as for want of its secret. */
export function unusable(name: string, problems: readonly Problem[]): ChannelTest {
  const problem = problems.find(({ path }) => path === `channels.${name}`);
  const error = problem?.message ?? "it cannot be used here";
  return { result: "refused", error, hint: problem?.hint ?? null, tookMs: 0 };
}

function testAlert(channel: string, now: number, entropy: string, by: string): Alert {
  const incident = `test-${entropy.slice(0, 12)}`;
  return {
    id: `${incident}/test/${channel}`,
    step: "test",
    channel,
    at: now,
    subject: `Belfry: a test of the channel ${channel}`,
    text:
      `This is a test. Nothing is wrong.\n\n` +
      `${by} tried the channel ${channel} at ${new Date(now).toISOString()} (UTC) with ` +
      `\`belfry alerts test ${channel}\`. Alerts of tasks that name this channel come here.\n`,
    incident: {
      id: incident,
      kind: "task",
      task: null,
      openedAt: now,
      closedAt: now,
      count: 0,
      severity: null,
      owner: null,
      runbook: null,
      run: null,
      reason: null,
      error: null,
      tail: [],
      remedy: [],
    },
  };
}
