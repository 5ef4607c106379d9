import { plain } from "./escape.ts";
import type { Style } from "./style.ts";
import { fit, widthOf } from "./width.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** Whether it gives up room where the terminal is narrow. */
  readonly shrinks?: boolean;
  /** Whether it can be left out, the rightmost first, where that is not enough. */
  readonly spare?: boolean;
}

/** Text, and what to dress it in once it has its width. */
export interface Cell {
  readonly text: string;
  readonly dress: (text: string) => string;
}

export type Row = readonly (string | Cell)[];

const BETWEEN = "  ";
/** Less than this says nothing. */
const NARROWEST = 8;

/**
 * Rows under their titles, each line at most `columns` wide where that can be, else as wide as it
 * must be. Columns of which no row says anything are left out.
 *
 * @param columns width of the terminal; null: nobody counts.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly Row[],
  style: Style,
  width: number | null,
): string[] {
  const texts = rows.map((row) => row.map((cell) => plain(textOf(cell))));
  const all = columns.flatMap((column, index) => {
    const widest = Math.max(0, ...texts.map((row) => widthOf(row[index] ?? "")));
    if (widest === 0) return [];
    const full = Math.max(widest, widthOf(column.title));
    return [{ column, index, full, width: full }];
  });
  const shown = width === null ? all : fitted(all, width);
  const line = (cellOf: (index: number) => string, dressOf: (index: number) => Cell["dress"]) =>
    shown
      .map(({ column, index, width: room }, place) => {
        const text = fit(cellOf(index), room);
        const padding = " ".repeat(Math.max(0, room - widthOf(text)));
        const dressed = text === "" ? "" : dressOf(index)(text);
        if (column.align === "right") return padding + dressed;
        return place === shown.length - 1 ? dressed : dressed + padding;
      })
      .join(BETWEEN)
      .trimEnd();
  const titles = line(
    (index) => columns[index]?.title ?? "",
    () => (text) => style.dim(text),
  );
  const lines = rows.map((row, at) =>
    line(
      (index) => texts[at]?.[index] ?? "",
      (index) => dressOf(row[index]),
    ),
  );
  return [titles, ...lines];
}

interface Shown {
  readonly column: Column;
  readonly index: number;
  /** What it would like to have. */
  readonly full: number;
  width: number;
}

/** Makes room: columns that may shrink do, the widest first; then those that can be spared go. */
function fitted(shown: readonly Shown[], width: number): readonly Shown[] {
  let excess = totalWidth(shown) - width;
  while (excess > 0) {
    const widest = shown
      .filter(({ column, width: room }) => column.shrinks === true && room > NARROWEST)
      .reduce<Shown | null>((most, each) => (each.width > (most?.width ?? 0) ? each : most), null);
    if (widest === null) break;
    widest.width -= 1;
    excess -= 1;
  }
  if (excess <= 0) return shown;
  const spared = shown.findLast(({ column }) => column.spare === true);
  return spared === undefined ? shown : fitted(without(shown, spared), width);
}

/** Who stays gets back what shrinking took. */
function without(shown: readonly Shown[], spared: Shown): Shown[] {
  return shown.filter((each) => each !== spared).map((each) => ({ ...each, width: each.full }));
}

function totalWidth(shown: readonly Shown[]): number {
  return shown.reduce((sum, { width }) => sum + width, BETWEEN.length * (shown.length - 1));
}

function textOf(cell: string | Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}

function dressOf(cell: string | Cell | undefined): Cell["dress"] {
  return cell === undefined || typeof cell === "string" ? (text) => text : cell.dress;
}
