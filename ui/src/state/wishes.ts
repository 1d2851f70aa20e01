// What is wished of a watched folder: what a person writes for it, and where the core refuses it.
import type { Bounds, ErrorCode, Wishes } from '../ipc';
import { BOUNDS } from '../ipc/bindings';
import { errors, text, written } from '../text';
import { numberOf } from './week';

const say = text.watched;
/** Letters of what a folder is called. */
export const NAME_AT_MOST: number = BOUNDS.mostLetters;

/** Whether something is wished that stands among the further choices. */
export function isMore(wishes: Wishes, usual: Wishes): boolean {
  // What it is called stands in its row.
  const { name, lines, settle, after, collision } = usual;
  return JSON.stringify({ ...wishes, name, lines, settle, after, collision }) !== JSON.stringify(usual);
}

/** Of each bound: how many of the core's units are one of a person's, and the most that the core takes. */
const UNITS: Record<keyof Bounds, [number, number]> = {
  least: [1e6, Number.MAX_SAFE_INTEGER],
  most: [1e6, Number.MAX_SAFE_INTEGER],
  age: [60, 2 ** 32 - 1],
  depth: [1, 2 ** 16 - 1],
};

/** What a person writes for a bound; null is none, and undefined what cannot be read. */
export function boundOf(which: keyof Bounds, words: string): number | null | undefined {
  if (words.trim() === '') return null;
  const [unit, most] = UNITS[which];
  const number = numberOf(words);
  const bound = Math.round((number ?? 0) * unit);
  const whole = which !== 'depth' || bound === number;
  return number !== null && whole && bound <= most ? bound : undefined;
}

/** The same the other way round. */
export const boundShown = (which: keyof Bounds, bound: number | null): string =>
  bound === null ? '' : written(bound / UNITS[which][0], 6);

/** A refused wish. */
export interface Refused {
  at: 'lines' | 'under' | 'leftovers' | 'bounds';
  words: string;
}

/** What the core refused, and where it was written; null where it was none of the wishes. A pattern is one of `patterns`. */
export function refused(wishes: Wishes, code: ErrorCode, patterns: 'lines' | 'leftovers'): Refused | null {
  if (code === 'name-refused' || code === 'key-too-long') return { at: 'under', words: say.refused[code] };
  if (code !== 'bad-input') return null;
  const { least, most } = wishes.bounds;
  if (/[{}]/.test(wishes.under.replace(/\{(date|host|user|folder)\}/g, '')))
    return { at: 'under', words: say.badUnder };
  if (least !== null && most !== null && least > most) return { at: 'bounds', words: say.badSizes };
  return { at: patterns, words: say.badPattern };
}

/** What is said of a folder that cannot be looked at: not what is said of files. */
export function sentence(code: ErrorCode): string {
  const wrong: Partial<Record<ErrorCode, string>> = say.wrong;
  return wrong[code] ?? errors[code].row;
}
