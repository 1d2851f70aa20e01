import { expect, test } from 'vitest';
import { text, writeFor } from '../text';
import {
  aboutSize,
  clock,
  clockInRow,
  dayAndClock,
  dayLabel,
  duration,
  farOff,
  lately,
  limitRate,
  limitSize,
  middle,
  percent,
  place,
  placeMiddle,
  placeName,
  placeShort,
  readyAround,
  roughSize,
  size,
  sizeOf,
  speed,
  timeLeft,
  timeOfDay,
  timeSpoken,
  untilClock,
} from './format';

/** The same for somebody else. */
function asIn<T>(language: string, told: () => T): T {
  writeFor([language]);
  const answer = told();
  writeFor(['en-GB']);
  return answer;
}

const plain = (text: string) => text.replaceAll('\u00a0', ' ');
/** The same without marks that nobody sees. */
const spaced = (text: string) =>
  plain(text)
    .replaceAll('\u202f', ' ')
    .replace(/[\u061c\u200e\u2068\u2069]/g, '');

test('sizes are decimal, with digits by their unit', () => {
  expect(plain(size(0))).toBe('0 B');
  expect(plain(size(999))).toBe('999 B');
  expect(plain(size(21_400_000_000))).toBe('21.4 GB');
  expect(plain(size(1_640_000_000_000))).toBe('1.64 TB');
});

test('a day is called by its name, and by its year where that is another one', () => {
  const now = new Date(2027, 2, 29, 0, 30).getTime();
  const label = (...day: [number, number, number]) => dayLabel(new Date(...day, 23, 59).getTime() / 1000, now);
  expect(label(2027, 2, 29)).toMatch(/^Today, .*29/);
  // The clock is put forward on that day in much of the world.
  expect(label(2027, 2, 28)).toMatch(/^Yesterday, .*28/);
  const weekday = new Date(2027, 2, 27).toLocaleDateString(undefined, { weekday: 'long' });
  expect(label(2027, 2, 27).startsWith(`${weekday}, `)).toBe(true);
  expect(label(2027, 2, 27)).not.toContain('2027');
  expect(label(2026, 11, 31)).toContain('2026');
});

test('both sides of "of" share the larger unit', () => {
  expect(plain(sizeOf(412_800_000_000, 960_000_000_000))).toBe('412.8 of 960.0 GB');
  expect(plain(sizeOf(1_000_000, 4_110_000_000_000))).toBe('0.00 of 4.11 TB');
});

test('speed has one decimal under 100 MB/s', () => {
  expect(plain(speed(38_440_000))).toBe('38.4 MB/s');
  expect(plain(speed(240_000_000))).toBe('240 MB/s');
  expect(plain(speed(512_000))).toBe('512 kB/s');
});

test('time left is told in steps that do not jump', () => {
  expect(plain(timeLeft(20))).toBe('less than a minute');
  expect(plain(timeLeft(125))).toBe('3 min');
  expect(plain(timeLeft(32 * 60))).toBe('35 min');
  expect(plain(timeLeft(7.4 * 3600))).toBe('7 h 30 min');
  expect(plain(timeLeft(18 * 3600))).toBe('about 18 h');
  expect(plain(timeLeft(70 * 3600))).toBe('about 3 days');
});

test('a limit has no digits that it was not given', () => {
  expect([50e6, 2.5e6, 1.5e9, 500e3, 10e3].map((rate) => plain(limitRate(rate)))).toEqual([
    '50 MB/s',
    '2.5 MB/s',
    '1,500 MB/s',
    '500 kB/s',
    '10 kB/s',
  ]);
});

test('about as much is told with two digits', () => {
  expect([1.8e12, 1.84e12, 180e9, 36e9, 9e8, 999e9].map((bytes) => plain(aboutSize(bytes)))).toEqual([
    '1.8 TB',
    '1.8 TB',
    '180 GB',
    '36 GB',
    '900 MB',
    '1 TB',
  ]);
});

test('until when is told by the clock, and by the day where that is more than a day away', () => {
  const at = (day: number, hour: number) => new Date(2026, 10, day, hour).getTime();
  expect(untilClock(at(23, 18) / 1000, at(23, 16))).toBe(clock(at(23, 18) / 1000));
  expect(untilClock(at(24, 6) / 1000, at(23, 16))).toBe(clock(at(24, 6) / 1000));
  const tuesday = new Date(at(24, 18)).toLocaleDateString(undefined, { weekday: 'short' });
  expect(untilClock(at(24, 18) / 1000, at(23, 16))).toBe(`${tuesday} ${clock(at(24, 18) / 1000)}`);
});

test('a time of day is told by the clock', () => {
  expect(timeOfDay(8 * 60 + 5)).toBe(clock(new Date(2026, 0, 1, 8, 5).getTime() / 1000));
  expect(timeOfDay(0)).toBe(clock(new Date(2026, 0, 1).getTime() / 1000));
});

test('percent rounds down, and is 100 only when verified', () => {
  expect(percent(999, 1000, false)).toBe(99);
  expect(percent(1000, 1000, false)).toBe(99);
  expect(percent(1000, 1000, true)).toBe(100);
  expect(percent(0, 0, false)).toBe(0);
  for (let sent = 0; sent < 100; sent += 1) expect(percent(sent, 100, false)).toBe(sent);
});

test('how long it took is told to the minute', () => {
  expect(plain(duration(20))).toBe('less than a minute');
  expect(plain(duration(780))).toBe('13 min');
  expect(plain(duration(3 * 3600))).toBe('3 h');
  expect(plain(duration(3 * 3600 + 20 * 60))).toBe('3 h 20 min');
});

test('when it is ready is told by clock, by tomorrow, by day', () => {
  const now = new Date(2026, 10, 23, 16, 2, 30).getTime();
  const around = (hours: number) => readyAround(hours * 3600, now);
  const at = (day: number, hour: number, minute: number) =>
    clock(new Date(2026, 10, day, hour, minute).getTime() / 1000);
  expect(around(0.5)).toBe(`ready around ${at(23, 16, 35)}`);
  expect(around(3)).toBe(`ready around ${at(23, 19, 0)}`);
  expect(around(18.4)).toBe(`ready around ${at(24, 10, 30)} tomorrow`);
  const thursday = new Date(2026, 10, 26).toLocaleDateString(undefined, { weekday: 'long' });
  expect(around(70)).toBe(`ready around ${thursday}`);
});

test('a long name keeps its end, from a separator where there is one', () => {
  const name = 'A001_C014_1123KX_harbour-master_ProRes4444XQ.mov';
  expect(middle(name).join('')).toBe(name);
  expect(middle(name)[1]).toBe('oRes4444XQ.mov');
  expect(middle('Fjord documentary, camera originals, day 07')[1]).toBe('day 07');
  expect(middle('Board meeting recording 2026-11-20.mp4')[1]).toBe('2026-11-20.mp4');
  expect(middle('/media/RAID-02/Day 07/FJORD07_T014.wav')[1]).toBe('FJORD07_T014.wav'.slice(7));
  expect(middle('short.mov')).toEqual(['short.mov', '']);
});

test('a destination is a way of steps, and its last step stays', () => {
  expect(place('Projects / Rushes')).toBe('Projects › Rushes');
  expect(placeMiddle('Projects / Fjord documentary / Rushes')).toEqual(['Projects › Fjord documentary ', '› Rushes']);
  expect(placeMiddle('Rushes')).toEqual(['Rushes', '']);
});

test('a place is called by its last step, and by two when the last is a number', () => {
  expect(placeName('Projects / Fjord documentary / Rushes')).toEqual(['Rushes', 'Projects › Fjord documentary']);
  expect(placeName('Photos / 2026 / 11')).toEqual(['2026 › 11', 'Photos']);
  expect(placeName('Rushes')).toEqual(['Rushes', '']);
  expect(placeName('Projects › Rushes')).toEqual(['Rushes', 'Projects']);
});

test('a size that rounds up to a thousand is told in the next unit', () => {
  expect(plain(size(999_499_999))).toBe('999 MB');
  expect(plain(size(999_500_000))).toBe('1.0 GB');
  expect(plain(size(999_960_000_000))).toBe('1.00 TB');
  expect(plain(speed(999_600))).toBe('1.0 MB/s');
  expect(plain(speed(99_960_000))).toBe('100 MB/s');
});

test('what is sent never looks like all before it is', () => {
  expect(plain(sizeOf(959_990_000_000, 960_000_000_000))).toBe('959.9 of 960.0 GB');
  expect(plain(sizeOf(960_000_000_000, 960_000_000_000))).toBe('960.0 of 960.0 GB');
  expect(plain(sizeOf(412_800_000_000, 960_000_000_000))).toBe('412.8 of 960.0 GB');
});

test('the unit is that of the whole, from the first byte to the last', () => {
  const all = 960_000_000_000;
  for (let sent = 0; sent <= all; sent += all / 64) expect(plain(sizeOf(sent, all))).toMatch(/ of 960\.0 GB$/);
});

test('while files are counted the size is rough', () => {
  expect(plain(roughSize(412_400_000_000))).toBe('412 GB');
  expect(plain(roughSize(1_640_000_000_000))).toBe('1.64 TB');
});

test('each step of the time left has its bounds', () => {
  const told = (minutes: number) => plain(timeLeft(minutes * 60));
  expect([0.9, 1, 9.9, 10, 11].map(told)).toEqual(['less than a minute', '1 min', '10 min', '10 min', '15 min']);
  expect([55, 56, 61, 599, 600].map(told)).toEqual(['55 min', '1 h', '1 h 10 min', '10 h', 'about 10 h']);
  expect([47 * 60, 48 * 60, 72 * 60].map(told)).toEqual(['about 47 h', 'about 2 days', 'about 3 days']);
});

test('for the ear the time left is told in whole words', () => {
  const told = (minutes: number) => timeSpoken(minutes * 60);
  expect([0.5, 1, 35].map(told)).toEqual(['less than a minute', '1 minute', '35 minutes']);
  expect([60, 61, 450].map(told)).toEqual(['1 hour', '1 hour 10 minutes', '7 hours 30 minutes']);
  expect([18 * 60, 72 * 60].map(told)).toEqual(['about 18 hours', 'about 3 days']);
});

test('a name is never cut within a letter that is made of several', () => {
  const families = '👩‍👩‍👧‍👦'.repeat(20);
  expect(middle(families)).toEqual(['👩‍👩‍👧‍👦'.repeat(6), '👩‍👩‍👧‍👦'.repeat(14)]);
  const accents = 'n\u0303'.repeat(30);
  expect(middle(accents)[1]).toBe('n\u0303'.repeat(14));
});

test('a name cannot leave its row, nor look like another kind of file', () => {
  expect(middle('a\nb.mov').join('')).toBe('a␊b.mov');
  expect(middle('evil\u202evom.exe').join('')).toBe('evil\ufffdvom.exe');
});

test('sizes, speeds and clocks are written as the person writes them', () => {
  const at = new Date(2026, 10, 23, 16, 2).getTime() / 1000;
  const told = () =>
    [size(1_640_000_000_000), limitRate(1.5e9), text.percent(43), clock(at), dayAndClock(at)].map(spaced);
  expect(asIn('de-DE', told)).toEqual(['1,64 TB', '1.500 MB/s', '43 %', '16:02', '23 November, 16:02']);
  expect(asIn('en-US', told)).toEqual(['1.64 TB', '1,500 MB/s', '43%', '4:02 PM', 'November 23, 4:02 PM']);
  expect(asIn('ar-EG', told)).toEqual(['١٫٦٤ TB', '١٬٥٠٠ MB/s', '٤٣٪', '٤:٠٢ PM', 'November ٢٣, ٤:٠٢ PM']);
});

test('what is allowed is told with no more digits than it has', () => {
  const said = (bytes: number) => limitSize(bytes).replaceAll('\u00a0', ' ');
  expect([said(5e12), said(5.5e12), said(2e9), said(1.25e12), said(750e6)]).toEqual([
    '5 TB',
    '5.5 TB',
    '2 GB',
    '1.25 TB',
    '750 MB',
  ]);
});

test.each([
  [20, 'less than a minute'],
  [21 * 60 + 10, '21 minutes'],
  [3_600, '1 hour'],
  [12_000, '3 hours 20 minutes'],
  [3 * 86_400, '3 days'],
])('a clock that is %s seconds off is told to the minute', (seconds, words) => {
  expect(farOff(seconds)).toBe(words);
});

test('in a row a time of another day has its day before it', () => {
  const [today, then] = [Date.UTC(2026, 10, 23, 12), Date.UTC(2026, 10, 20, 14, 5) / 1000];
  expect(clockInRow(today / 1000, today)).toBe(clock(today / 1000));
  expect(clockInRow(then, today)).toContain(clock(then));
  expect(clockInRow(then, today)).toMatch(/20.*Nov|Nov.*20/);
});

test('what was lately is told by how long ago, or by its day', () => {
  const now = new Date(2026, 10, 23, 16, 2).getTime();
  const said = (minutes: number) => lately(now / 1000 - minutes * 60, now);
  expect([said(0), said(1), said(59)]).toEqual(['just now', 'a minute ago', '59 minutes ago']);
  expect(said(120)).toMatch(/^today, /);
  expect(said(24 * 60)).toMatch(/^yesterday, /);
  expect(said(3 * 24 * 60)).toMatch(/20/);
});

test('a destination is told by its last two steps where there is little room', () => {
  expect(placeShort('Projects / Fjord documentary / Rushes')).toBe('Fjord documentary › Rushes');
  expect(placeShort('Rushes')).toBe('Rushes');
});
