import { csvRecord } from "../../text/csv.js";
import { button, number } from "./dom.js";

const COPY = "Copy as CSV";

/** Lets the reader sort a table, and copy it as CSV. Counts are written as the reader does. */
export function enhanceTable(table: HTMLTableElement): void {
  writeCounts(table);
  for (const [column, head] of [...(table.tHead?.rows[0]?.cells ?? [])].entries()) {
    const sort = button(head.textContent, () => sortBy(table, column, head));
    head.replaceChildren(sort);
  }
  const copy = button(COPY, () => void copyAs(copy, csvOf(table)));
  copy.className = "copy";
  (table.caption ?? table.createCaption()).append(" ", copy);
}

function writeCounts(table: HTMLTableElement): void {
  for (const name of table.classList) {
    const [, column] = /^count-(\d)$/.exec(name) ?? [];
    if (column === undefined) continue;
    for (const row of table.tBodies[0]?.rows ?? []) {
      const cell = row.cells[Number(column) - 1];
      const value = Number(cell?.textContent);
      if (cell === undefined || Number.isNaN(value)) continue;
      cell.dataset["value"] = cell.textContent;
      cell.textContent = number(value);
    }
  }
}

/** What a cell sorts by, and what is copied of it. */
function shownValue(cell: HTMLTableCellElement | undefined): string {
  return cell?.dataset["value"] ?? cell?.querySelector("time")?.dateTime ?? cell?.textContent ?? "";
}

function sortBy(table: HTMLTableElement, column: number, head: HTMLTableCellElement): void {
  const isAscending = head.ariaSort !== "ascending";
  for (const other of table.tHead?.rows[0]?.cells ?? []) other.removeAttribute("aria-sort");
  head.ariaSort = isAscending ? "ascending" : "descending";
  const [body] = table.tBodies;
  if (body === undefined) return;
  const collator = new Intl.Collator(undefined, { numeric: true });
  const rows = [...body.rows].map((row) => ({ row, value: shownValue(row.cells[column]) }));
  rows.sort((a, b) => collator.compare(a.value, b.value) * (isAscending ? 1 : -1));
  body.append(...rows.map(({ row }) => row));
}

/** The rows that are shown, by the rules of `quorumlog export --format csv`. */
export function csvOf(table: HTMLTableElement): string {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])].map((cell) => cell.textContent);
  const rows = [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.hidden);
  const records = rows.map((row) => [...row.cells].map((cell) => shownValue(cell) || undefined));
  return [heads, ...records].map(csvRecord).join("");
}

async function copyAs(pressed: HTMLButtonElement, text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    pressed.textContent = "Copied";
  } catch {
    // a browser may not allow it in a file
    pressed.textContent = copySelected(text) ? "Copied" : "This browser does not allow it";
  }
  const rename = () => {
    pressed.textContent = COPY;
  };
  pressed.addEventListener("blur", rename, { once: true });
}

function copySelected(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  return isCopied;
}
