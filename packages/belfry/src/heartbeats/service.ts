import type { Beat } from "../heartbeat.ts";

/** How one service is told of an event: pure, so that its manual can be held against it. */
export interface Service {
  /** @returns null where it has no word for the event. */
  request(url: URL, beat: Beat, host: string): HeartbeatRequest | null;
  /**
   * What is wrong although the status says that all is well; null: nothing is.
   * @param answer the beginning of what it answered.
   */
  objection?(answer: string): string | null;
}

export interface HeartbeatRequest {
  /** In the order in which they are tried: the next one where a method is not allowed. */
  readonly methods: readonly ("GET" | "POST")[];
  readonly url: URL;
  /** How much of the end of the output goes along, in bytes, and as what; null: nothing. */
  readonly tail: { readonly as: "body" | "message"; readonly bytesMax: number } | null;
}

/** The URL with a further step in its path; what it asks (`?create=1`) stays. */
export function stepInto(url: URL, step: string | number): URL {
  const deeper = new URL(url);
  deeper.pathname = `${deeper.pathname.replace(/\/+$/, "")}/${step}`;
  return deeper;
}

/** An exit code that says itself that the run failed. */
export function failureCode({ exitCode }: Beat): number | null {
  return exitCode !== null && exitCode >= 1 && exitCode <= 255 ? exitCode : null;
}
