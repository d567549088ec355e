import type { AuditEntry } from "../../entry/audit-entry.js";
import type { ColumnName } from "../../entry/columns.js";
import { parseObject } from "../../entry/json.js";
import { entryOfLine } from "../../entry/line.js";
import { parseQuery } from "../../query/audit-query.js";
import { matches } from "../../query/audit-reader.js";
import { button, element, number } from "./dom.js";

const FIELDS: readonly (readonly [ColumnName, string])[] = [
  ["operation", "Operation"],
  ["proposalId", "Proposal"],
  ["actorDid", "Actor"],
  ["subjectId", "Subject"],
  ["decision", "Decision"],
];

/** How many values a field offers. */
const OFFERED = 500;

/** A row of the table, with the entry that it shows. */
interface Row {
  readonly row: HTMLElement;
  readonly entry: AuditEntry;
}

/**
 * Adds a search to the table of entries, with the filters of a query. It answers as the library
 * does: the same code decides which entries match.
 *
 * @param linesOf - The lines of the entries, by sequence. They are read when the reader searches
 * for the first time.
 */
export function addSearch(
  place: HTMLElement,
  table: HTMLTableElement,
  linesOf: () => Promise<ReadonlyMap<number, string>>,
): void {
  let held: Promise<readonly Row[]> | undefined;
  const rowsHere = () => {
    held ??= linesOf().then((lines) => rowsOf(table, lines));
    return held;
  };
  const inputs = FIELDS.map(([name]) =>
    element("input", { type: "search", name, id: `search-${name}` }),
  );
  const found = element("p", { role: "status", id: "found" });
  const search = async () => {
    const rows = await rowsHere();
    const given = inputs.filter(({ value }) => value !== "");
    const query = parseQuery(Object.fromEntries(given.map(({ name, value }) => [name, value])));
    let count = 0;
    for (const { row, entry } of rows) {
      row.hidden = !matches(entry, query);
      if (!row.hidden) count++;
    }
    found.textContent = `${number(count)} of ${number(rows.length)} entries`;
  };
  let isOffered = false;
  const offer = async () => {
    if (isOffered) return;
    isOffered = true;
    const rows = await rowsHere();
    for (const input of inputs) place.append(valuesOf(input, rows));
  };
  for (const input of inputs) {
    input.addEventListener("input", () => void search());
    input.addEventListener("focus", () => void offer(), { once: true });
    input.setAttribute("list", `values-${input.name}`);
  }
  const all = button("Show all", () => {
    for (const input of inputs) input.value = "";
    void search();
  });
  const labels = FIELDS.map(([, text], index) => element("label", {}, text, inputs[index]));
  place.append(element("div", { className: "controls" }, ...labels, all), found);
  place.setAttribute("role", "search");
  place.hidden = false;
  showAllInPrint(table);
}

/** Offers the values that a field can have. */
function valuesOf({ name }: HTMLInputElement, rows: readonly Row[]): HTMLDataListElement {
  const values = new Set(rows.flatMap(({ entry }) => entry[name as ColumnName] ?? []));
  const options = [...values].slice(0, OFFERED).map((value) => element("option", { value }));
  return element("datalist", { id: `values-${name}` }, ...options);
}

function rowsOf(table: HTMLTableElement, lines: ReadonlyMap<number, string>): Row[] {
  return [...table.tBodies].flatMap(({ rows }) =>
    [...rows].flatMap((row) => {
      const members = parseObject(lines.get(Number(row.id.replace("seq-", ""))) ?? "");
      return members === undefined ? [] : { row, entry: entryOfLine(members, "") };
    }),
  );
}

/** What is printed is filed, so it has every row. */
function showAllInPrint(table: HTMLTableElement): void {
  let hidden: HTMLElement[] = [];
  addEventListener("beforeprint", () => {
    hidden = [...table.querySelectorAll<HTMLElement>("tr[hidden]")];
    for (const row of hidden) row.hidden = false;
  });
  addEventListener("afterprint", () => {
    for (const row of hidden) row.hidden = true;
  });
}
