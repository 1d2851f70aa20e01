// Where entries of history stand: each day has a label and its entries below it. All heights are fixed, so that only what is
// seen need exist.
import type { HistoryDay } from '../ipc';

export const LABEL = 28;
export const ENTRY = 36;
/** Entries that exist above and below what is seen. */
const BEYOND = 10;
/** A slice moves by this many, so that not every line of scrolling asks anew. */
const STEP = 5;

/** A day in its place. */
export interface Laid {
  began: number;
  /** The place of its first entry among all. */
  first: number;
  count: number;
  top: number;
  height: number;
}

export function lay(days: HistoryDay[]): Laid[] {
  let [first, top] = [0, 0];
  return days.map(({ began, count }) => {
    const laid = { began, first, count, top, height: LABEL + count * ENTRY };
    first += count;
    top += laid.height;
    return laid;
  });
}

export function heightOf(days: Laid[]): number {
  const last = days.at(-1);
  return last ? last.top + last.height : 0;
}

/** The last day for which this holds; it holds for those before as well. The first one where it holds for none. */
function lastOf(days: Laid[], holds: (day: Laid) => boolean): number {
  let [from, to] = [0, days.length - 1];
  while (from < to) {
    const middle = Math.ceil((from + to) / 2);
    const day = days[middle];
    if (day && holds(day)) from = middle;
    else to = middle - 1;
  }
  return from;
}

/** How far from the top an entry stands. */
export function topOf(days: Laid[], index: number): number {
  const day = days[lastOf(days, ({ first }) => first <= index)];
  return day ? day.top + LABEL + (index - day.first) * ENTRY : 0;
}

/** The entry that stands there, or the next one. */
function at(days: Laid[], top: number): number {
  const day = days[lastOf(days, (one) => one.top <= top)];
  if (!day) return 0;
  return day.first + Math.max(0, Math.min(day.count, Math.floor((top - day.top - LABEL) / ENTRY)));
}

/** The slice that covers what is seen, with some to spare: its first entry, and how many. */
export function slice(days: Laid[], scroll: number, height: number): [number, number] {
  const [begin, end] = [at(days, scroll), at(days, scroll + height) + 1];
  const first = Math.max(0, Math.floor((begin - BEYOND) / STEP) * STEP);
  return [first, Math.ceil((end + BEYOND - first) / STEP) * STEP];
}

/** Days of which something is in a slice. */
export function daysOf(days: Laid[], first: number, count: number): Laid[] {
  const from = lastOf(days, (day) => day.first <= first);
  const to = lastOf(days, (day) => day.first < first + count);
  return days.slice(from, to + 1);
}
