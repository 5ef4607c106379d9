import { type Answer, type Asked, text } from "./answer.ts";
import { isOurs } from "./host-names.ts";

/** A request, as far as it may decide anything. */
export interface Request extends Asked {
  readonly method: string;
  /** As it stands in the first line. */
  readonly target: string;
  readonly host: string | undefined;
  /** Whether something follows the headers. */
  readonly body: "none" | "some";
}

/** What a GET or HEAD of a path answers. */
export type Routes = Readonly<Record<string, (asked: Asked) => Answer | Promise<Answer>>>;

/** On every answer: nothing here is to be kept, framed, guessed at or read by another page. */
const ALWAYS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
};

/** Answers a request, whatever it is. @param names by which this host is known, see `isOurs`. */
export async function route(
  request: Request,
  routes: Routes,
  names: readonly string[],
): Promise<Answer> {
  const answer = await decide(request, routes, names);
  return { ...answer, headers: { ...ALWAYS, ...answer.headers } };
}

async function decide(request: Request, routes: Routes, names: readonly string[]): Promise<Answer> {
  const { method, target, host } = request;
  if (host === undefined || !isOurs(host, names)) {
    const known = names.map((name) => `  ${name}\n`).join("");
    const hint = `Ask by an address, or by one of these names:\n${known}`;
    return text(421, `This is not the host that the request names.\n${hint}`);
  }
  if (!target.startsWith("/")) return text(400, "The request must name a path.\n");
  const [path = ""] = target.split("?", 1);
  const handler = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (handler === undefined) {
    const known = Object.keys(routes).map((name) => `  GET ${name}\n`);
    return text(404, `There is nothing at this path. There is:\n${known.join("")}`);
  }
  if (method !== "GET" && method !== "HEAD") {
    return text(405, "Only GET and HEAD are answered here.\n", { allow: "GET, HEAD" });
  }
  if (request.body === "some") return text(413, "A request may have no body.\n");
  try {
    return await handler(request);
  } catch {
    return text(500, "This could not be answered.\n");
  }
}
