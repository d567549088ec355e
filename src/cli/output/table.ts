import { visible } from "../../text/safe-text.js";
import type { CommandIo } from "../input/command.js";
import { displayWidth, inColumns, type Style, styled } from "./terminal.js";

/** One column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly alignRight?: boolean;
  readonly cell: (row: Row) => string;
  /** Title and cell for the case that the whole row does not fit. */
  readonly briefTitle?: string;
  readonly briefCell?: (row: Row) => string;
}

/** The colours of a row. */
export type RowColour = Exclude<Style, "bold">;

/** How rows become a table. */
export interface TableOptions<Row> {
  /**
   * Chooses the columns. It may look at the first rows. If there is too little room, the last
   * column is cut first.
   */
  readonly columns: (first: readonly Row[]) => readonly Column<Row>[];
  readonly colour?: (row: Row) => RowColour | undefined;
}

const GAP = 2;
/** The least width of the last column before other columns are cut. */
const LAST = 12;

/**
 * Writes rows in columns, batch by batch. If the output has a width, rows fit it: with brief cells
 * first, then with cut ones. Otherwise every cell is whole. Colours are only for terminals
 * (https://no-color.org).
 */
export class Table<Row> {
  readonly #io: CommandIo;
  readonly #options: TableOptions<Row>;
  #columns: readonly Column<Row>[] | undefined;
  #widths: readonly number[] = [];
  #brief = false;

  /** Starts without rows, and shows nothing yet. */
  constructor(io: CommandIo, options: TableOptions<Row>) {
    this.#io = io;
    this.#options = options;
  }

  /** The lines of more rows. The first ones have a header. Columns grow if the rows need it. */
  *lines(rows: readonly Row[]): Generator<string, void, undefined> {
    if (rows.length === 0) return;
    const isFirst = this.#columns === undefined;
    const columns = this.#columns ?? this.#options.columns(rows);
    this.#columns = columns;
    const cells = this.#layOut(columns, rows);
    const widths = this.#fittedWidths();
    if (isFirst)
      yield `${styled("bold", lineOf(columns, this.#titles(columns), widths), this.#io)}\n`;
    for (const [index, row] of rows.entries()) {
      const line = lineOf(columns, cells[index] ?? [], widths);
      yield `${styled(this.#options.colour?.(row), line, this.#io)}\n`;
    }
  }

  #layOut(columns: readonly Column<Row>[], rows: readonly Row[]): string[][] {
    let cells = cellsOf(columns, rows, this.#brief);
    let widths = this.#naturalWidths(columns, cells);
    if (!this.#brief && total(widths) > this.#limit) {
      this.#brief = true;
      this.#widths = [];
      cells = cellsOf(columns, rows, true);
      widths = this.#naturalWidths(columns, cells);
    }
    this.#widths = widths;
    return cells;
  }

  get #limit(): number {
    return this.#io.stdout.columns ?? Number.POSITIVE_INFINITY;
  }

  #titles(columns: readonly Column<Row>[]): string[] {
    return columns.map(({ title, briefTitle }) => (this.#brief && briefTitle) || title);
  }

  #naturalWidths(columns: readonly Column<Row>[], cells: readonly string[][]): number[] {
    return this.#titles(columns).map((title, column) =>
      cells.reduce(
        (width, row) => Math.max(width, displayWidth(row[column] ?? "")),
        Math.max(displayWidth(title), this.#widths[column] ?? 0),
      ),
    );
  }

  #fittedWidths(): number[] {
    const widths = [...this.#widths];
    const last = widths.length - 1;
    let excess = total(widths) - this.#limit;
    if (excess <= 0) return widths;
    const spare = Math.min(excess, Math.max(0, (widths[last] ?? 0) - LAST));
    widths[last] = (widths[last] ?? 0) - spare;
    for (excess -= spare; excess > 0; excess--) {
      const widest = widths.indexOf(Math.max(...widths));
      if ((widths[widest] ?? 0) <= 1) break;
      widths[widest] = (widths[widest] ?? 0) - 1;
    }
    return widths;
  }
}

function cellsOf<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  brief: boolean,
): string[][] {
  return rows.map((row) =>
    columns.map(({ cell, briefCell = cell }) => visible(brief ? briefCell(row) : cell(row))),
  );
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, GAP * (widths.length - 1));
}

function lineOf<Row>(
  columns: readonly Column<Row>[],
  cells: readonly string[],
  widths: readonly number[],
): string {
  return columns
    .map(({ alignRight }, index) => inColumns(cells[index] ?? "", widths[index] ?? 0, alignRight))
    .join(" ".repeat(GAP))
    .trimEnd();
}
