// The week of a schedule: which days, from when to when, and what holds at each minute.
import type { Day, Limits, LimitTime } from '../ipc';
import { BOUNDS } from '../ipc/bindings';
import { written } from '../text';

export const DAYS: readonly Day[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
/** What can be chosen at once; every day by itself as well. */
export const SETS = {
  every: DAYS,
  workdays: DAYS.slice(0, 5),
  weekend: DAYS.slice(5),
} as const;
export const DAY = 24 * 60;

export type Holds = 'usual' | 'limited' | 'paused';

/** A stretch of one day in which the same holds, in minutes after midnight. */
export interface Block {
  from: number;
  to: number;
  holds: Holds;
}

export const sameDays = (one: readonly Day[], other: readonly Day[]): boolean =>
  one.length === other.length && DAYS.every((day) => one.includes(day) === other.includes(day));

/** Minutes from its beginning to its end; not after its beginning is on the next day. */
export const lasts = ({ from, to }: LimitTime): number => (to > from ? to - from : DAY - from + to);

/** Whether a time holds at a minute of a day; what goes over midnight belongs to the day on which it begins. */
function holdsAt(time: LimitTime, day: number, minute: number): boolean {
  const begins = (at: number) => time.days.includes(DAYS[(at + DAYS.length) % DAYS.length] ?? 'mon');
  if (time.from < time.to) return begins(day) && minute >= time.from && minute < time.to;
  return (begins(day) && minute >= time.from) || (begins(day - 1) && minute < time.to);
}

/** Where several times hold, the strictest does. */
function at({ times }: Limits, day: number, minute: number): Holds {
  const now = times.filter((time) => holdsAt(time, day, minute));
  if (now.some(({ rule }) => rule.kind === 'pause')) return 'paused';
  return now.length > 0 ? 'limited' : 'usual';
}

/** Monday to Sunday, each from midnight to midnight. */
export function week(limits: Limits): Block[][] {
  const edges = [0, DAY, ...limits.times.flatMap(({ from, to }) => [from, to])];
  const sorted = [...new Set(edges)].sort((one, other) => one - other);
  return DAYS.map((_, day) => {
    const blocks: Block[] = [];
    for (const [nth, from] of sorted.slice(0, -1).entries()) {
      const to = sorted[nth + 1] ?? DAY;
      const holds = at(limits, day, from);
      const last = blocks.at(-1);
      if (last?.holds === holds) last.to = to;
      else blocks.push({ from, to, holds });
    }
    return blocks;
  });
}

/** What a person writes for a time of day: "8", "8:30", "0830", "8.30 pm". */
export function minutesOf(words: string): number | null {
  const found = /^(\d{1,2})(?:[:.\sh]?(\d{2}))?\s*(?:([ap])\.?m?\.?)?$/i.exec(words.replaceAll('\u202f', ' ').trim());
  if (!found) return null;
  const [, hours = '', minutes = '0', half] = found;
  let hour = Number(hours);
  if (half && (hour < 1 || hour > 12)) return null;
  if (half) hour = (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
  const minute = hour * 60 + Number(minutes);
  // The day's end is the next one's beginning.
  return Number(minutes) > 59 || minute > DAY ? null : minute % DAY;
}

export const MEGA = 1e6;
/** The bounds of a limit, in bytes a second. */
export const [LEAST, MOST]: readonly [number, number] = [BOUNDS.leastRate, BOUNDS.mostRate];

/** A number that a person writes: "2", "2.5", "2,5". */
export function numberOf(words: string): number | null {
  const plain = words.trim().replace(',', '.');
  return /^(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : null;
}

/** What a person writes for a limit in MB/s, in bytes a second. */
export function rateOf(words: string): number | null {
  const rate = Math.round((numberOf(words) ?? 0) * MEGA);
  return rate >= LEAST && rate <= MOST ? rate : null;
}

/** The same the other way round. */
export const megas = (rate: number): string => written(rate / MEGA, 6);
