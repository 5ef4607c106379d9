/** What is said to a request. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a route may know of a request. */
export interface Asked {
  readonly accept: string | undefined;
}

export function text(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body };
}

export function json(status: number, value: unknown): Answer {
  const headers = { "content-type": "application/json" };
  return { status, headers, body: `${JSON.stringify(value)}\n` };
}

export function wantsJson({ accept = "" }: Asked): boolean {
  return /\bapplication\/(?:[\w.-]+\+)?json\b/.test(accept);
}
