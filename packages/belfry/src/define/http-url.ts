/** Reads an address; what is wrong with one is said without repeating it. */
export function httpUrl(
  text: string,
): { readonly url: URL; readonly objection: null } | { readonly objection: string } {
  const url = URL.parse(text);
  if (url === null) return { objection: "is not a URL" };
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    return { objection: "must begin with https:// or http://" };
  }
  if (url.username !== "" || url.password !== "") {
    return { objection: "has a user or a password in it, which cannot be sent along" };
  }
  return { url, objection: null };
}
