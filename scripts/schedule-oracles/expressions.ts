/** Expressions of a dialect at random, made from its grammar: what it takes, and a little more. */

/** A number in [0, 1), from a seed. */
export type Random = () => number;

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000;
  };
}

export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

function pick<T>(random: Random, first: T, ...others: readonly T[]): T {
  return [first, ...others][below(random, others.length + 1)] ?? first;
}

export function quartzExpression(random: Random): string {
  const byDay = random() < 0.6;
  const day = pick(
    random,
    "*",
    field(random, 1, 31),
    field(random, 1, 31),
    "L",
    `L-${1 + below(random, 30)}`,
    "LW",
    `L-${1 + below(random, 9)}W`,
    `${1 + below(random, 31)}W`,
  );
  const weekday = 1 + below(random, 7);
  const ofWeek = pick(
    random,
    "*",
    field(random, 1, 7),
    "MON-FRI",
    `${weekday}L`,
    `${weekday}#${1 + below(random, 5)}`,
    "FRI-MON",
    "L",
  );
  const year = pick(random, "", "", "", " *", ` ${1990 + below(random, 40)}-2037`, " 1990/3");
  const second = pick(random, "0", "0", field(random, 0, 59));
  const time = `${second} ${field(random, 0, 59)} ${hours(random)}`;
  const days = `${byDay ? day : "?"} ${months(random)} ${byDay ? "?" : ofWeek}`;
  return `${time} ${days}${year}`;
}

/** For robfig/cron, and for the libraries that read the same five fields. */
export function fiveFields(random: Random, stepsToEnd: boolean): string {
  const item = (low: number, high: number): string => {
    const text = field(random, low, high);
    return stepsToEnd ? text : text.replaceAll(/(^|,)(\d+)\//g, `$1$2-${high}/`);
  };
  const fields = [item(0, 59), random() < 0.6 ? hours(random) : item(0, 23), item(1, 31)];
  const restricted = random();
  if (restricted < 0.7) fields[2] = "*";
  const weekday = restricted < 0.5 ? "*" : item(0, 6);
  return [...fields, months(random), weekday].join(" ");
}

/** Mostly those hours in which clocks are changed. */
function hours(random: Random): string {
  return pick(random, "*", "0", "1", "2", "3", "1,2", "1-3", "0-4", "*/2", field(random, 0, 23));
}

function months(random: Random): string {
  return pick(random, "*", "*", "*", "MAR,OCT", "3-11", field(random, 1, 12));
}

function field(random: Random, low: number, high: number): string {
  const value = (): number => low + below(random, high - low + 1);
  const step = 1 + below(random, Math.min(high, 30));
  const [first = low, last = high] = [value(), value()].sort((a, b) => a - b);
  return pick(
    random,
    "*",
    `*/${step}`,
    String(value()),
    String(value()),
    `${first}-${last}`,
    `${first}-${last}/${step}`,
    `${value()}/${step}`,
    `${first},${last}`,
    `${value()},${first}-${last}`,
  );
}
