// A schedule in words.
import type { Day, Limits, LimitNow, LimitTime } from '../ipc';
import { aboutSize, limitRate, timeOfDay, untilClock } from '../state/format';
import { DAY, DAYS, lasts, LEAST, MEGA, minutesOf, MOST, sameDays, SETS } from '../state/week';
import { list, text } from '../text';

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
  if (first && last && joined && sorted.length > 2) return say.range({ from: names[first], to: names[last] });
  return list(sorted.map((day) => names[day]));
}

/** The week plan for who cannot see it. */
export function planWords(limits: Limits): string {
  const times = limits.times.map(({ days, from, to, rule }) => {
    if (from === to && from === 0) return say.planWhole[rule.kind](daysLong(days));
    return say.planTime[rule.kind]({ days: daysLong(days), from: timeOfDay(from), to: timeOfDay(to) });
  });
  const usual = limits.usual === null ? say.planNone : say.planUsual(limitRate(limits.usual));
  return times.length > 0 ? say.plan({ times: list(times, 'unit'), usual }) : usual;
}

/** "50 MB/s sends about 1.8 TB in these 10 hours." */
export function sends(time: LimitTime): string | null {
  if (time.rule.kind === 'pause') return null;
  const { rate } = time.rule;
  const minutes = lasts(time);
  const these = say.these({ hours: Math.floor(minutes / 60), minutes: minutes % 60 });
  return say.sends({ rate: limitRate(rate), size: aboutSize(rate * minutes * 60), time: these });
}

/** Midnight at the end of a day is not its beginning. */
export const hours = (): string[] => {
  const own = [0, 6, 12, 18].map((hour) => timeOfDay(hour * 60));
  return [...own, /^0?0\D00$/.test(own[0] ?? '') ? say.midnight : timeOfDay(DAY)];
};

/** What stands in a field for a time of day: as a clock shows it, where that can be read back. */
export function timeWritten(minutes: number): string {
  const shown = timeOfDay(minutes);
  if (minutesOf(shown) === minutes) return shown;
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

/** What can be written for a time, and for a limit. */
export const badTime = (): string => say.badTime(timeWritten(18 * 60));
export const badRate = (): string => say.badRate({ least: LEAST / MEGA, most: MOST / MEGA });

/** The limit in two lines, as it stands below the list of places. */
export function limitWords({ rate, paused, until, why }: LimitNow, now: number): [string, string] {
  if (why === 'metered' || why === 'battery') return [text.limit.paused, text.limit[why]];
  const what = paused ? text.limit.paused : rate === null ? text.limit.none : text.limit.short(limitRate(rate));
  return [what, until === null ? '' : text.limit.until(untilClock(until, now))];
}
