// A schedule in words.
import type { Day, Limits, LimitNow, LimitTime } from '../ipc';
import { aboutSize, limitRate, timeOfDay, untilClock } from '../state/format';
import { DAY, DAYS, lasts, sameDays, SETS } from '../state/week';
import { text } from '../text/en';

const say = text.limits;

/** An end of a time. */
export type End = 'from' | 'to';

/** What can be chosen for a time of the schedule. */
export const CHOICES: readonly (readonly Day[])[] = [
  SETS.every,
  SETS.workdays,
  SETS.weekend,
  ...DAYS.map((day) => [day]),
];

/** "Mon to Fri", "Sunday", "Mon, Wed". */
export const daysShort = (days: readonly Day[]): string => named(days, days.length > 1 ? say.short : say.long);

/** "Monday to Friday". */
const daysLong = (days: readonly Day[]): string => named(days, say.long);

function named(days: readonly Day[], names: Record<Day, string>): string {
  if (sameDays(days, SETS.every)) return say.every;
  const sorted = DAYS.filter((day) => days.includes(day));
  const [first, last] = [sorted[0], sorted.at(-1)];
  const joined = !!first && !!last && DAYS.indexOf(last) - DAYS.indexOf(first) === sorted.length - 1;
  if (first && last && joined && sorted.length > 2) return say.range(names[first], names[last]);
  const all = sorted.map((day) => names[day]);
  return [all.slice(0, -1).join(', '), ...all.slice(-1)].filter((part) => part).join(text.and);
}

/** The week plan for who cannot see it. */
export function planWords(limits: Limits): string {
  const times = limits.times.map(({ days, from, to, rule }) => {
    const what = rule.kind === 'pause' ? say.planPaused : say.planLimited;
    if (from === to && from === 0) return say.planWhole(daysLong(days), what);
    return say.planTime(daysLong(days), timeOfDay(from), timeOfDay(to), what);
  });
  return say.plan(times, limits.usual === null ? say.planNone : say.planUsual(limitRate(limits.usual)));
}

/** "50 MB/s sends about 1.8 TB in these 10 hours." */
export function sends(time: LimitTime): string | null {
  if (time.rule.kind === 'pause') return null;
  const { rate } = time.rule;
  const minutes = lasts(time);
  const these = say.these(Math.floor(minutes / 60), minutes % 60);
  return say.sends(limitRate(rate), aboutSize(rate * minutes * 60), these);
}

/** Midnight at the end of a day is not its beginning. */
export const hours = (): string[] => {
  const own = [0, 6, 12, 18].map((hour) => timeOfDay(hour * 60));
  return [...own, /^0?0\D00$/.test(own[0] ?? '') ? say.midnight : timeOfDay(DAY)];
};

/** The limit in two lines, as it stands below the list of places. */
export function limitWords({ rate, paused, until }: LimitNow, now: number): [string, string] {
  const what = paused ? text.limit.paused : rate === null ? text.limit.none : text.limit.short(limitRate(rate));
  return [what, until === null ? '' : text.limit.until(untilClock(until, now))];
}
