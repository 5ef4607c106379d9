import type { Problem } from "../define/problem.ts";
import type { StoreAddress } from "../define/store-address.ts";
import { type Diagnosis, doubtful, ok } from "./diagnosis.ts";

const CHECK = "wake-ups";

/** Whether nodes of a fleet hear at once what others change; on one host they always do. */
export function diagnoseWakeUps(
  { kind }: Pick<StoreAddress, "kind">,
  problems: readonly Pick<Problem, "message" | "hint">[],
): Diagnosis[] {
  if (kind !== "postgres") return [];
  if (problems.length === 0) return [ok(CHECK, "Nodes hear at once what others change.")];
  return problems.map(({ message, hint }) => doubtful(CHECK, `${capital(message)}.`, hint ?? ""));
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
