import type { Why } from "../core/why.ts";
import { isoInstants } from "./instant.ts";

/** The one cause, its evidence and remedy, as the faces print it. */
export function whyView({ subject, cause, sentence, evidence, remedy }: Why): Why {
  return { subject, cause, sentence, evidence: isoInstants(evidence), remedy };
}
