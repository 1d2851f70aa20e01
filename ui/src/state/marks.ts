// What of a text a search found. Words are folded as the core folds them: whatever their case and accents.

/** A part of a text, and whether it is what was searched for. */
export interface Piece {
  words: string;
  hit: boolean;
}

const ACCENTS = /[\u0300-\u036f]/gu;
const BETWEEN = /[\s\p{Cc}]+/u;

const folded = (words: string): string => words.normalize('NFD').replace(ACCENTS, '').toLowerCase();

/** The words of a search, each of which is to be found. */
export const wordsOf = (search: string): string[] => [...new Set(folded(search).split(BETWEEN))].filter((word) => word);

/** The text folded, and where each letter of that comes from. */
function traced(text: string): { fold: string; from: number[] } {
  let fold = '';
  const from: number[] = [];
  let at = 0;
  for (const sign of text) {
    const part = folded(sign);
    fold += part;
    for (let more = 0; more < part.length; more += 1) from.push(at);
    at += sign.length;
  }
  from.push(text.length);
  return { fold, from };
}

/** Where words are found in a text, in order and apart. */
function found(text: string, words: string[]): [number, number][] {
  const { fold, from } = traced(text);
  const spans: [number, number][] = [];
  for (const word of words)
    for (let at = fold.indexOf(word); at >= 0; at = fold.indexOf(word, at + 1)) {
      const [begin = 0, last = 0] = [from[at], from[at + word.length - 1]];
      // To the end of its last letter, accents and all.
      const end = from.slice(at + word.length).find((one) => one > last) ?? text.length;
      spans.push([begin, end]);
    }
  spans.sort(([one], [other]) => one - other);
  const apart: [number, number][] = [];
  for (const [begin, end] of spans) {
    const before = apart.at(-1);
    if (before && begin <= before[1]) before[1] = Math.max(before[1], end);
    else apart.push([begin, end]);
  }
  return apart;
}

/** A text in pieces, cut at `cut` as well: its head and its tail. */
export function marked(text: string, words: string[], cut = text.length): [Piece[], Piece[]] {
  const head: Piece[] = [];
  const tail: Piece[] = [];
  const add = (begin: number, end: number, hit: boolean): void => {
    const middle = Math.max(begin, Math.min(end, cut));
    if (middle > begin) head.push({ words: text.slice(begin, middle), hit });
    if (end > middle) tail.push({ words: text.slice(middle, end), hit });
  };
  let at = 0;
  for (const [begin, end] of words.length > 0 ? found(text, words) : []) {
    add(at, begin, false);
    add(begin, end, true);
    at = end;
  }
  add(at, text.length, false);
  return [head, tail];
}
