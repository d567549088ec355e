/** At most so many words are compared. */
export const COMPARED = 10_000;

/**
 * The word that a text is most likely a misspelling of; undefined where none is near. Upper and
 * lower case count as the same.
 */
export function nearest(text: string, words: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.min(3, Math.ceil(text.length / 4)) + 1;
  let compared = 0;
  for (const word of words) {
    if (compared++ === COMPARED) break;
    if (Math.abs(word.length - text.length) >= least) continue;
    const distance = editDistance(text.toLowerCase(), word.toLowerCase());
    if (distance < least) [best, least] = [word, distance];
  }
  return best;
}

/** The end of a message that names a word: `; did you mean query?`. Empty where there is none. */
export function didYouMean(word: string | undefined): string {
  return word === undefined ? "" : `; did you mean ${word}?`;
}

/**
 * How many letters must be put in, left out, replaced or swapped with the next one to make one text
 * of the other (Damerau-Levenshtein distance, in which no part is edited twice).
 */
export function editDistance(a: string, b: string): number {
  let [before, last]: [number[], number[]] = [
    [],
    Array.from({ length: b.length + 1 }, (_, j) => j),
  ];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const at = (numbers: readonly number[], index: number): number => numbers[index] ?? 0;
      const isSame = a[i - 1] === b[j - 1];
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, at(before, j - 2) + 1);
      row.push(cost);
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
