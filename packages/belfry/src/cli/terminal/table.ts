import { plain } from "./escape.ts";
import type { Style } from "./style.ts";
import { fit, widthOf } from "./width.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** Whether it gives up room, rightmost first, where the terminal is narrow. */
  readonly shrinks?: boolean;
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
  const shown = columns.flatMap((column, index) => {
    const widest = Math.max(0, ...texts.map((row) => widthOf(row[index] ?? "")));
    if (widest === 0) return [];
    return [{ column, index, width: Math.max(widest, widthOf(column.title)) }];
  });
  if (width !== null) shrink(shown, width);
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

function shrink(shown: { readonly column: Column; width: number }[], width: number): void {
  const total = shown.reduce((sum, { width: room }) => sum + room, 0);
  let excess = total + BETWEEN.length * (shown.length - 1) - width;
  for (const entry of shown.toReversed()) {
    if (excess <= 0) return;
    if (entry.column.shrinks !== true) continue;
    const less = Math.min(excess, Math.max(0, entry.width - NARROWEST));
    entry.width -= less;
    excess -= less;
  }
}

function textOf(cell: string | Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}

function dressOf(cell: string | Cell | undefined): Cell["dress"] {
  return cell === undefined || typeof cell === "string" ? (text) => text : cell.dress;
}
