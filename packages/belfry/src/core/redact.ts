/** Shorter ones would hide ordinary words, and protect nothing. */
const SECRET_LENGTH_MIN = 4;

/** What was said, without the secrets that somebody may have repeated in it, on one line. */
export function redact(text: string, secrets: readonly (string | null)[]): string {
  const known = secrets.filter((secret) => secret !== null);
  const hidden = known
    .flatMap((secret) => [secret, encodeURIComponent(secret), decoded(secret)])
    .filter((secret) => secret.length >= SECRET_LENGTH_MIN)
    // The longest first: one may be a part of another.
    .sort((a, b) => b.length - a.length)
    .reduce((left, secret) => left.replaceAll(secret, "…"), text);
  return hidden.replace(/[\p{Cc}\s]+/gu, " ").trim();
}

function decoded(secret: string): string {
  try {
    return decodeURIComponent(secret);
  } catch {
    return secret;
  }
}
