const UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
];

/** A duration in its two largest units: `20.5 s`, `1 min 22 s`, `3 d 4 h`. */
export function durationInWords(seconds: number): string {
  const unit = UNITS.findIndex(([length]) => seconds >= length);
  const [length, name] = UNITS[unit] ?? [];
  if (length === undefined) return `${Math.round(seconds * 1000) / 1000} s`;
  const [smaller, smallerName] = UNITS[unit + 1] ?? [1, "s"];
  const rest = Math.floor((seconds % length) / smaller);
  return `${Math.floor(seconds / length)} ${name}${rest === 0 ? "" : ` ${rest} ${smallerName}`}`;
}
