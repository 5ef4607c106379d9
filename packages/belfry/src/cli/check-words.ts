import { formatProblem, type Problem } from "../define/problem.ts";
import { type Card, missingCounts, TICKS, type Tick, type TickName } from "../verbs/scorecard.ts";
import type { Session } from "./session.ts";
import { plain, plainLines } from "./terminal/escape.ts";
import type { Cell, Column } from "./terminal/table.ts";
import { counted } from "./words.ts";

const MARKS: Readonly<Record<Tick["state"], string>> = { ok: "✓", missing: "✗", "not-needed": "–" };

const QUESTIONS: Readonly<Record<TickName, string>> = {
  schedule: "SCHEDULE IN CODE",
  idempotent: "IDEMPOTENT",
  single: "SINGLE",
  heartbeat: "HEARTBEAT",
  alert: "ALERT",
  logs: "LOGS",
};

const COLUMNS: readonly Column[] = [
  { title: "TASK" },
  ...TICKS.map((name): Column => ({ title: QUESTIONS[name] })),
  { title: "WHERE", shrinks: true, spare: true },
];

/** A table of all cards, crontabs apart; then what is missing, and what to write for it. */
export function tellCards(session: Session, cards: readonly Card[]): void {
  if (cards.length === 0) return;
  for (const [source, group] of Map.groupBy(cards, (card) => card.source)) {
    session.print(session.out.dim(plain(source)));
    session.table(
      COLUMNS,
      group.map((card) => [
        taskCell(session, card),
        ...card.ticks.map((tick) => tickCell(session, tick)),
        placeOf(card),
      ]),
    );
    session.print("");
  }
  tellMissing(session, cards);
  tellSummary(session, cards);
}

function placeOf({ file, line }: Card): string {
  return [file ?? "", line ?? ""].filter((part) => part !== "").join(":");
}

function taskCell({ out }: Session, { task, ok }: Card): Cell {
  return { text: task, dress: (text) => (ok ? out.good(text) : out.bold(text)) };
}

function tickCell({ out }: Session, { state }: Tick): Cell {
  const dress = (text: string): string => {
    if (state === "ok") return out.good(text);
    return state === "missing" ? out.bad(text) : out.dim(text);
  };
  return { text: MARKS[state], dress };
}

/** Under what is missing, whom it is missing to and the line to write there. */
function tellMissing(session: Session, cards: readonly Card[]): void {
  const { out } = session;
  const lacks = cards.flatMap((card) =>
    card.ticks.flatMap((tick) => (tick.state === "missing" ? [{ card, tick }] : [])),
  );
  const ordered = TICKS.flatMap((name) => lacks.filter(({ tick }) => tick.name === name));
  const headOf = ({ tick }: (typeof lacks)[number]): string =>
    `${out.bold(tick.name)}: ${plain(tick.words)}`;
  for (const [head, group] of Map.groupBy(ordered, headOf)) {
    session.print(`${out.bad(MARKS.missing)} ${head}`);
    for (const { card, tick } of group) {
      const place = placeOf(card);
      const where = place === "" ? "" : out.dim(` (${plain(place)})`);
      session.print(`  ${plain(card.task)}${where}: ${plain(tick.remedy ?? "")}`);
    }
    session.print("");
  }
}

function tellSummary(session: Session, cards: readonly Card[]): void {
  const complete = cards.filter(({ ok }) => ok).length;
  const missing = Object.entries(missingCounts(cards)).map(([name, count]) => `${name} ${count}`);
  const what = missing.length === 0 ? "Nothing is missing." : `Missing: ${missing.join(", ")}.`;
  session.print(`${complete} of ${counted(cards.length, "task")} complete. ${what}`);
}

/** What could not be loaded could not be checked either. */
export function tellProblems(session: Session, problems: readonly Problem[]): void {
  const { out } = session;
  for (const problem of problems) {
    const mark = problem.severity === "error" ? out.bad("✗") : out.doubtful("!");
    session.print(`${mark} ${plainLines(formatProblem(problem))}`);
  }
}
