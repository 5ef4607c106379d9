import { type Finding, finding, replaced, wholeOf } from "../finding.ts";
import type { Zone } from "../zone.ts";
import { intlName } from "../zone-names.ts";

/** Names without a place, and those of countries that the time zone database keeps for the past. */
const OLD = /^(?:(?:US|Canada|Brazil|Mexico|Chile)\/.*|[^/]*[a-z][^/]*)$/i;
/** Their clocks never change, which few expect of them. */
const WITHOUT_SUMMER = new Map([
  ["EST", "America/New_York"],
  ["MST", "America/Denver"],
]);

/** Names of time zones that do not say what they seem to say, and those that are out of use. */
export function zoneFindings({ name, alias = name }: Zone, expression: string): Finding[] {
  const at = expression.indexOf(alias);
  const place = at < 0 ? wholeOf(expression) : { text: alias, position: at };
  const [, sign, hours] = /^Etc\/GMT([+-])(\d+)$/i.exec(alias) ?? [];
  if (hours !== undefined && hours !== "0") {
    const behind = sign === "+" ? "behind" : "ahead of";
    const offset = `${sign === "+" ? "-" : "+"}${hours.padStart(2, "0")}:00`;
    const message = `${alias} is ${behind} UTC, for its sign is turned around: ${offset} says it plainly`;
    return [finding("zone-name", "warning", message, place)];
  }
  const known = OLD.test(alias) ? intlName(alias) : null;
  if (known === null || known === alias || name === "UTC") return [];
  const meant = WITHOUT_SUMMER.get(alias.toUpperCase());
  const fix = at < 0 ? null : replaced(expression, place, meant ?? known);
  if (meant === undefined) {
    const message = `${alias} is an old name: write ${known}`;
    return [finding("zone-name", "info", message, place, fix)];
  }
  const message = `${alias} has no summer time (it is ${known}): write ${meant} for the clock of most who say ${alias}`;
  return [finding("zone-name", "warning", message, place, fix)];
}
