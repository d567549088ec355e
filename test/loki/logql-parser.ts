import { goString } from "./go-string.ts";

type Labels = Readonly<Record<string, string>>;

/** One stage of a query: a label against a text, or against a number. */
export interface LabelFilter {
  readonly label: string;
  readonly operator: string;
  readonly value: string | number;
}

/** The subset of LogQL that a reader writes. */
export interface ParsedLogql {
  readonly matchers: readonly LabelFilter[];
  readonly stages: readonly LabelFilter[];
  /** Whether the content is left out. */
  readonly light: boolean;
}

const LIGHT = ' | line_format "" | keep governance_sequence';

/** Parses a query of the subset. Throws, as Loki 3.7.6 answers 400, where there is anything else. */
export function parseLogql(query: string): ParsedLogql {
  if (query.length > 131_072)
    throw new Error(`parse error : input size too long (${query.length} > 131072)`);
  const light = query.endsWith(LIGHT);
  let rest = light ? query.slice(0, -LIGHT.length) : query;
  const take = (pattern: RegExp): string => {
    const match = pattern.exec(rest);
    if (match === null)
      throw new Error(`parse error at ${JSON.stringify(rest.slice(0, 40))}: syntax error`);
    rest = rest.slice(match[0].length);
    return match[1] ?? match[0];
  };
  const text = (): string => {
    const { value, length } = goString(rest);
    rest = rest.slice(length);
    return value;
  };
  const filter = (operators: RegExp): LabelFilter => {
    const label = take(/^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*/);
    const operator = take(operators);
    const isText = rest.startsWith('"');
    return { label, operator, value: isText ? text() : Number(take(/^([0-9]+)(?=\s|$)/)) };
  };
  const matchers: LabelFilter[] = [];
  take(/^\{/);
  do matchers.push(filter(/^(!=|=)/));
  while (/^\s*,/.test(rest) && take(/^\s*,/) !== "");
  take(/^\s*\}/);
  const stages: LabelFilter[] = [];
  while (rest.trim() !== "") {
    take(/^\s*\|(?![=~])/);
    stages.push(filter(/^(!=|>=|<=|=|<|>)\s*/));
  }
  return { matchers, stages, light };
}

/** Whether labels pass a filter; a label that is not there is an empty text, and no number. */
export function passes(labels: Labels, { label, operator, value }: LabelFilter): boolean {
  const held = labels[label] ?? "";
  if (typeof value === "string") return operator === "=" ? held === value : held !== value;
  if (held === "") return false;
  const number = Number(held);
  switch (operator) {
    case "<":
      return number < value;
    case ">":
      return number > value;
    case ">=":
      return number >= value;
    default:
      return number <= value;
  }
}
