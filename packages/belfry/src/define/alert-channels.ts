import { closest } from "./closest.ts";
import { error, type Fault } from "./problem.ts";

/** What is wrong with the names that `alerts` gives, where these are the channels there are. */
export function unknownChannels(
  alerts: readonly string[],
  channels: readonly string[],
): readonly Fault[] {
  return alerts.flatMap((name, index) => {
    if (channels.includes(name)) return [];
    return [error(["alerts", index], `there is no channel "${name}"`, adviceFor(name, channels))];
  });
}

function adviceFor(name: string, channels: readonly string[]): string {
  if (channels.length === 0) return "declare it under channels in the configuration";
  const meant = closest(name, channels);
  return meant === null ? `there are: ${channels.join(", ")}` : `did you mean "${meant}"?`;
}
