import type { Config } from "../define/config.ts";
import { type Diagnosis, ok, wrong } from "./diagnosis.ts";
import { counted } from "./words.ts";

/** Whether alerts could be sent from here; whether they arrive, only `alerts test` can tell. */
export async function diagnoseChannels(config: Config): Promise<Diagnosis[]> {
  if (config.channels.size === 0) return [];
  const { channelProblems } = await import("../main.ts");
  const problems = channelProblems(config);
  const usable = config.channels.size - problems.length;
  const findings = problems.map(({ path, message, hint }) =>
    wrong("channels", `${path}: ${message}`, hint),
  );
  if (usable === 0) return findings;
  return [ok("channels", `${counted(usable, "channel")} can be used here.`), ...findings];
}
