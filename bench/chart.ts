import type { DrainFigures } from "./fleet/drain.ts";

// A chart of figures as SVG, for the README: bars on any background, in whichever theme it is read.

interface Bar {
  readonly label: string;
  readonly value: number;
  /** What is said behind the value, or nothing. */
  readonly note: string;
  readonly ours: boolean;
}

const WIDTH = 720;
const LABELS = 170;
const NOTES = 190;
const ROW = 30;
const TOP = 44;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 15px }
  .note { fill: #59636e }
  .bar { fill: #8c959f }
  .ours { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .note { fill: #9198a1 } .bar { fill: #656c76 } .ours { fill: #4493f8 }
  }`;

/** Bars from the longest to the shortest, each with its label, its value and its note. */
function barChart(title: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ value }) => value));
  const sorted = [...bars].sort((a, b) => b.value - a.value);
  const rows = sorted.map(({ label, value, note, ours }, index) => {
    const y = TOP + index * ROW;
    const length = Math.max(2, (value / most) * (WIDTH - LABELS - NOTES));
    const said = `${value.toLocaleString("en")}${note === "" ? "" : ` · ${note}`}`;
    return [
      `  <text x="${LABELS - 10}" y="${y + 15}" text-anchor="end">${escaped(label)}</text>`,
      `  <rect class="${ours ? "ours" : "bar"}" x="${LABELS}" y="${y}" width="${length.toFixed(1)}" height="20" rx="3"/>`,
      `  <text class="note" x="${(LABELS + length + 8).toFixed(1)}" y="${y + 15}">${escaped(said)}</text>`,
    ].join("\n");
  });
  const height = TOP + sorted.length * ROW + 8;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">
  <style>${STYLE}
  </style>
  <text class="title" x="10" y="24">${escaped(title)}</text>
${rows.join("\n")}
</svg>
`;
}

/** Who works off how many jobs a second, and whether it keeps them. */
export function drainChart(figures: NonNullable<DrainFigures>): string {
  const notes: Readonly<Record<string, readonly [label: string, note: string]>> = {
    belfry: ["Belfry", "history kept"],
    "graphile-worker": ["graphile-worker", "nothing kept"],
    "pg-boss": ["pg-boss", "jobs kept"],
    bullmq: ["BullMQ on Redis", "jobs kept"],
    dbos: ["DBOS", "steps kept"],
  };
  const bars = Object.entries(figures).flatMap(([name, { jobsPerSecond }]) => {
    const [label, note] = notes[name] ?? [];
    if (label === undefined || note === undefined) return [];
    return [{ label, note, value: jobsPerSecond, ours: name === "belfry" }];
  });
  return barChart("No-op jobs a second, one process, durable commits", bars);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
