import type { Mail } from "../mailer.ts";

export function mail(parts: Partial<Mail> = {}): Mail {
  return {
    from: null,
    to: ["ops@example.org"],
    subject: "A subject",
    text: "A text\n",
    messageId: "1.opened.ops@example.org",
    headers: [],
    contentType: null,
    ...parts,
  };
}
