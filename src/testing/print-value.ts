import { MAX_DEPTH } from "../entry/copy-json.js";
import { type AsymmetricMatcher, isAsymmetric } from "./entry-expectation.js";

/** A value on one line: JSON, with asymmetric matchers by their names. */
export function printValue(value: unknown, depth = 0): string {
  if (isAsymmetric(value)) return printMatcher(value, depth);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return value.name;
  if (typeof value !== "object" || value === null || value instanceof RegExp) return String(value);
  if (depth > MAX_DEPTH) return "…";
  const print = (member: unknown): string => printValue(member, depth + 1);
  if (Array.isArray(value)) return `[${value.map(print).join(", ")}]`;
  const members = Object.entries(value).map(
    ([key, member]) => `${JSON.stringify(key)}: ${print(member)}`,
  );
  return `{${members.join(", ")}}`;
}

/** What vitest and jest give an asymmetric matcher to be shown by. */
interface NamedMatcher extends AsymmetricMatcher {
  readonly sample?: unknown;
  toAsymmetricMatcher?(): string;
}

/** An asymmetric matcher by its name: `Any<String>`, `StringContaining "bob"`. */
export function printMatcher(matcher: NamedMatcher, depth = 0): string {
  if (typeof matcher.toAsymmetricMatcher === "function") return matcher.toAsymmetricMatcher();
  const text = String(matcher);
  const name = text.startsWith("[object ") ? "AsymmetricMatcher" : text;
  return matcher.sample === undefined ? name : `${name} ${printValue(matcher.sample, depth + 1)}`;
}
