// Numbers and names as DESIGN section 7 wants them: decimal units, one unit on both sides, nothing that jumps.
import { date, number, type Parts, text } from '../text';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
/** Names keep at most this many characters of their end. */
const TAIL = 14;
const SHORTEST_TAIL = 6;
const LONGEST_LETTER = 24;
/** Seconds within which a next try needs no word: by itself Davit waits no longer. */
const FOLLOWING = 5;
const DAY_MS = 86_400_000;

/** MB whole, GB one, TB two. */
const digitsOf = (unit: number): number => Math.max(0, unit - 2);

/** The unit in which the rounded number stays below a thousand. */
function unitOf(bytes: number): number {
  let unit = 0;
  while (unit < UNITS.length - 1 && rounded(bytes, unit, Math.round) >= 1000) unit += 1;
  return unit;
}

/** Divided by whole numbers only: a tenth has no exact value, and rounding down would lose it. */
function rounded(bytes: number, unit: number, round: (value: number) => number): number {
  const digits = digitsOf(unit);
  return round(bytes / 10 ** (3 * unit - digits)) / 10 ** digits;
}

function inUnit(bytes: number, unit: number, round = Math.round, digits = digitsOf(unit)): string {
  return number(rounded(bytes, unit, round), { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

const sized = (shown: string, unit: number): string => text.size[UNITS[unit] ?? 'B'](shown);

/** "412.8 GB": MB whole, GB one decimal, TB two. */
export function size(bytes: number): string {
  const unit = unitOf(bytes);
  return sized(inUnit(bytes, unit), unit);
}

/** "412 GB": while files are counted the number is on its way anyway. */
export function roughSize(bytes: number): string {
  const unit = unitOf(bytes);
  const digits = unit > 3 ? digitsOf(unit) : 0;
  return sized(inUnit(bytes, unit, Math.round, digits), unit);
}

/** What is sent rounds down: the two sides are equal only when nothing is missing. They share the larger unit. */
function both(sent: number, all: number): [sent: string, all: string, unit: number] {
  const unit = unitOf(all);
  return [inUnit(sent, unit, sent < all ? Math.floor : Math.round), inUnit(all, unit), unit];
}

/** "412.8 of 960.0 GB". */
export function sizeOf(sent: number, all: number): string {
  const [part, whole, unit] = both(sent, all);
  return text.of({ part, whole: sized(whole, unit) });
}

/** "1.64 TB of 4.11 TB", for a figure that stands out from the rest. */
export function sizesOf(sent: number, all: number): Parts {
  const [part, whole, unit] = both(sent, all);
  return text.ofWhole({ part: sized(part, unit), whole: sized(whole, unit) });
}

/** "38.4 MB/s": one decimal under 100, whole above; kB/s whole. */
export function speed(perSecond: number): string {
  const kilo = Math.round(perSecond / 1000);
  if (kilo < 1000) return text.speed.kB(number(kilo));
  const tenths = Math.round(perSecond / 1e5) / 10;
  const digits = tenths < 100 ? 1 : 0;
  const mega = digits === 1 ? tenths : Math.round(perSecond / 1e6);
  return text.speed.MB(number(mega, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
}

/** "50 MB/s", "2.5 MB/s", "500 kB/s": a limit has no more digits than it was given. */
export function limitRate(perSecond: number): string {
  const shown = (rate: number) => number(rate, { maximumFractionDigits: 1 });
  return perSecond < 1e6 ? text.speed.kB(shown(perSecond / 1e3)) : text.speed.MB(shown(perSecond / 1e6));
}

/** "5 TB", "5.5 TB" of what is allowed: no more digits than there are. */
export function limitSize(bytes: number): string {
  const unit = unitOf(bytes);
  return sized(number(rounded(bytes, unit, Math.floor), { maximumFractionDigits: digitsOf(unit) }), unit);
}

/** "1.8 TB", "180 GB": two digits that count, for what is about as much. */
export function aboutSize(bytes: number): string {
  const two = Number(bytes.toPrecision(2));
  const unit = unitOf(two);
  return sized(number(two / 10 ** (3 * unit), { maximumFractionDigits: 1 }), unit);
}

/** "7 h 30 min", "about 18 h", "about 3 days". */
export const timeLeft = (seconds: number): string => left(seconds, text.time);

/** "7 hours 30 minutes": the same for who listens. */
export const timeSpoken = (seconds: number): string => left(seconds, text.timeSpoken);

type Words = Pick<typeof text.time, 'minute' | 'min' | 'h' | 'both' | 'about' | 'days'>;

function left(seconds: number, { minute, min, h, both, about, days }: Words): string {
  const minutes = seconds / 60;
  if (minutes < 1) return minute;
  if (minutes < 10) return min(Math.ceil(minutes));
  if (minutes <= 55) return min(Math.ceil(minutes / 5) * 5);
  if (minutes < 600) {
    const steps = Math.ceil(minutes / 10) * 10;
    const rest = steps % 60;
    const hours = h(Math.floor(steps / 60));
    return rest === 0 ? hours : both({ hours, minutes: min(rest) });
  }
  if (minutes < 48 * 60) return about(h(Math.round(minutes / 60)));
  return about(days(Math.round(minutes / 1440)));
}

/** "20 s", "2 min", "1 h": until the next try. Nothing where one try follows the other. */
export function untilTry(until: number | null, now: number): string | null {
  const { s, min, h } = text.time;
  const left = until === null ? 0 : Math.ceil(until - now / 1000);
  if (left <= FOLLOWING) return null;
  if (left < 60) return s(left);
  const minutes = Math.ceil(left / 60);
  return minutes < 60 ? min(minutes) : h(Math.round(minutes / 60));
}

/** "12 min", "3 h 20 min": how long something took, to the minute. */
export function duration(seconds: number): string {
  const { minute, min, h, both } = text.time;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return minute;
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours === 0) return min(rest);
  return rest === 0 ? h(hours) : both({ hours: h(hours), minutes: min(rest) });
}

/** "ready around 10:30 tomorrow": to the half hour, to five minutes when it is near, to the day when it is far. */
export function readyAround(seconds: number, now: number): string {
  const step = (seconds < 3600 ? 5 : 30) * 60_000;
  const then = new Date(Math.round((now + seconds * 1000) / step) * step);
  const midnight = new Date(now).setHours(24, 0, 0, 0);
  const days = Math.floor((then.getTime() - midnight) / DAY_MS) + 1;
  const at = clock(then.getTime() / 1000);
  if (days <= 0) return text.ready.today(at);
  if (days === 1) return text.ready.tomorrow(at);
  return text.ready.later(date(then.getTime(), days < 7 ? { weekday: 'long' } : { day: 'numeric', month: 'long' }));
}

/** "21 minutes", "3 hours 20 minutes", "2 days": how far a clock is off. */
export function farOff(seconds: number): string {
  const { minute, min, h, both, days } = text.timeSpoken;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return minute;
  if (minutes < 60) return min(minutes);
  if (minutes >= 2 * 1440) return days(Math.round(minutes / 1440));
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return rest === 0 ? h(hours) : both({ hours: h(hours), minutes: min(rest) });
}

/** "7 days": how long something is kept. */
export const kept = (days: number): string => text.time.days(days);

/** Rounded down; 100 only when it is verified. Multiplied first: 29 of 100 divided is a little less than 0.29. */
export function percent(sent: number, all: number, verified: boolean): number {
  if (verified) return 100;
  return all === 0 ? 0 : Math.min(99, Math.floor((sent * 100) / all));
}

/** "43 percent, 7 hours 30 minutes left", for who listens. */
export const percentSpoken = (percent: number, seconds: number | null): string =>
  seconds === null ? text.spoken(percent) : text.spokenLeft({ percent, left: timeSpoken(seconds) });

/** "14:05" by the system's clock. */
export function clock(unix: number): string {
  return date(unix * 1000, { timeStyle: 'short' });
}

/** "18:00"; with its day where that could be meant of an earlier one: "Mon 08:00". */
export function untilClock(until: number, now: number): string {
  if (until * 1000 - now < DAY_MS) return clock(until);
  return text.dayAndClock({ day: date(until * 1000, { weekday: 'short' }), clock: clock(until) });
}

const dayOf = (ms: number): number => new Date(ms).setHours(0, 0, 0, 0);

/** "14:05"; "4 May, 14:05" of another day than today. */
export const clockOfDay = (unix: number, now: number): string =>
  dayOf(unix * 1000) === dayOf(now) ? clock(unix) : dayAndClock(unix);

/** "14:05"; "4 May 14:05" of another day than today, where there is room for little. */
export function clockInRow(unix: number, today: number): string {
  if (dayOf(unix * 1000) === dayOf(today)) return clock(unix);
  return text.dayAndClock({ day: date(unix * 1000, { day: 'numeric', month: 'short' }), clock: clock(unix) });
}

/** Whether both are of the same day. */
export const sameDay = (one: number, other: number): boolean => dayOf(one * 1000) === dayOf(other * 1000);

/** "18:00" of minutes after midnight. */
export function timeOfDay(minutes: number): string {
  return date(new Date(2001, 0, 1, 0, minutes).getTime(), { timeStyle: 'short' });
}

/** "4 May, 14:05" likewise, for what may be days ago. */
export function dayAndClock(unix: number): string {
  const day = date(unix * 1000, { day: 'numeric', month: 'long' });
  return text.dateAndClock({ day, clock: clock(unix) });
}

/** "a minute ago", "today, 15:40", "4 May, 14:05": of what was looked at lately. */
export function lately(unix: number, now: number): string {
  const [minutes, days] = [
    Math.floor((now / 1000 - unix) / 60),
    Math.round((dayOf(now) - dayOf(unix * 1000)) / DAY_MS),
  ];
  const at = clock(unix);
  if (minutes < 60) return minutes < 1 ? text.ago.now : text.ago.minutes(minutes);
  if (days === 0) return text.ago.today(at);
  return days === 1 ? text.ago.yesterday(at) : dayAndClock(unix);
}

/** "Today, 23 November", "Friday, 20 November"; with its year where that is another one. */
export function dayLabel(unix: number, now: number): string {
  const day = new Date(unix * 1000);
  const ago = Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(day).setHours(0, 0, 0, 0)) / DAY_MS);
  const year = day.getFullYear() === new Date(now).getFullYear() ? {} : ({ year: 'numeric' } as const);
  const near = [text.history.today, text.history.yesterday][ago];
  return text.history.day({
    name: near ?? date(day.getTime(), { weekday: 'long' }),
    date: date(day.getTime(), { day: 'numeric', month: 'long', ...year }),
  });
}

/** "Fjord documentary › Rushes": the last two steps of a destination, where more are before them. */
export const placeShort = (label: string): string => place(label).split(STEP).slice(-2).join(STEP);

/** A line break would leave its row, and a turn of direction make ".exe" look like ".mov": both are shown as what they are. */
const harmless = (name: string): string =>
  name
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u001f]/g, (sign) => String.fromCharCode(0x2400 + sign.charCodeAt(0)))
    .replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '\ufffd');

/** What a button does, and to what: whoever hears the button alone knows of which row it is, by the name that is seen there. */
export const labelOf = (label: string, name: string): string => text.labelled({ label, of: harmless(name) });

const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Head and tail of a long name. The tail never shrinks, so that extension and take number stay readable; it begins at
 * a separator where there is one, and never within a letter that is made of several.
 */
export function middle(whole: string): [string, string] {
  const name = harmless(whole);
  if (name.length <= TAIL + 2) return [name, ''];
  // The end is enough: a letter is rarely made of more than this.
  const end = name.slice(-TAIL * LONGEST_LETTER);
  const all = Array.from(letters.segment(end), ({ segment }) => segment);
  if (all.length <= TAIL + 2 && end === name) return [name, ''];
  const from = Math.max(0, all.length - TAIL);
  const cut = (at: number): [string, string] => {
    const tail = all.slice(at).join('');
    return [name.slice(0, name.length - tail.length), tail];
  };
  for (let at = from; at <= all.length - SHORTEST_TAIL; at += 1) {
    if (all[at - 1] === ' ' || all[at - 1] === '/') return cut(at);
    if (all[at] === '_' || all[at] === '-') return cut(at);
  }
  return cut(from);
}

const STEP = ' › ';

/** "Projects › Rushes", whichever of both signs a company writes between the steps. */
export const place = (label: string): string => label.replaceAll(' / ', STEP);

/** The head and the last step of a destination; the last step stays. */
export function placeMiddle(label: string): [string, string] {
  const whole = place(label);
  const at = whole.lastIndexOf(STEP);
  return at < 0 ? [whole, ''] : [whole.slice(0, at + 1), whole.slice(at + 1)];
}

/** What a destination is called, and where it is: a number alone says too little ("2026 › 11" in "Photos"). */
export function placeName(label: string): [string, string] {
  const parts = place(label).split(STEP);
  const own = /^\d+$/.test(parts.at(-1) ?? '') ? 2 : 1;
  return [parts.slice(-own).join(STEP), parts.slice(0, -own).join(STEP)];
}
