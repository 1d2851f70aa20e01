import { expect, test } from 'vitest';
import type { Day, LimitRule, Limits, LimitTime } from '../ipc';
import { DAY, DAYS, lasts, megas, minutesOf, rateOf, sameDays, SETS, week } from './week';

const limit: LimitRule = { kind: 'limit', rate: 50e6 };
const pause: LimitRule = { kind: 'pause' };
const time = (days: readonly Day[], from: number, to: number, rule: LimitRule = limit): LimitTime => ({
  days: [...days],
  from: from * 60,
  to: to * 60,
  rule,
});
const plan = (...times: LimitTime[]): string[] => {
  const limits: Limits = { usual: null, scheduled: true, times };
  return week(limits).map((day) => day.map(({ from, to, holds }) => `${from / 60}-${to / 60} ${holds}`).join(', '));
};

test('a week without times is as usual', () => {
  expect(plan()).toEqual(Array.from({ length: 7 }, () => '0-24 usual'));
});

test('each day shows what holds when', () => {
  const [monday, , , , friday, saturday, sunday] = plan(time(SETS.workdays, 8, 18), time(['sun'], 2, 6, pause));
  expect([monday, friday]).toEqual(Array.from({ length: 2 }, () => '0-8 usual, 8-18 limited, 18-24 usual'));
  expect(saturday).toBe('0-24 usual');
  expect(sunday).toBe('0-2 usual, 2-6 paused, 6-24 usual');
});

test('a time over midnight goes on into the next day, from Sunday into Monday', () => {
  const [monday, tuesday, , , , , sunday] = plan(time(['sun'], 22, 6, pause));
  expect([sunday, monday, tuesday]).toEqual(['0-22 usual, 22-24 paused', '0-6 paused, 6-24 usual', '0-24 usual']);
});

test('a time that ends as it begins is a whole day', () => {
  const [, , , , , saturday, sunday] = plan(time(['sat'], 0, 0, pause));
  expect([saturday, sunday]).toEqual(['0-24 paused', '0-24 usual']);
  expect(lasts(time(['sat'], 0, 0))).toBe(DAY);
});

test('where several times hold the strictest does, and alike ones are one', () => {
  const [monday] = plan(time(['mon'], 8, 18), time(['mon'], 9, 20), time(['mon'], 12, 13, pause));
  expect(monday).toBe('0-8 usual, 8-12 limited, 12-13 paused, 13-20 limited, 20-24 usual');
});

test('a time lasts to its end, also on the next day', () => {
  expect(lasts(time(['mon'], 8, 18))).toBe(600);
  expect(lasts(time(['mon'], 22, 6))).toBe(480);
});

test.each([
  ['8', 480],
  ['08:00', 480],
  ['8.30', 510],
  ['0830', 510],
  ['18h30', 1110],
  ['24:00', 0],
  ['8 pm', 1200],
  ['12:15 am', 15],
  ['12 PM', 720],
  ['8:30\u202fPM', 1230],
])('"%s" is a time of day', (words, minutes) => expect(minutesOf(words)).toBe(minutes));

test.each(['', 'noon', '25:00', '24:01', '8:60', '13 pm', '0 am', '8:3'])('"%s" is none', (words) =>
  expect(minutesOf(words)).toBeNull(),
);

test.each([
  ['50', 50e6],
  ['2.5', 2.5e6],
  ['2,5', 2.5e6],
  ['0.01', 10_000],
])('"%s" MB/s is a limit, and is written the same again', (words, rate) => {
  expect(rateOf(words)).toBe(rate);
  expect(rateOf(megas(rate))).toBe(rate);
});

test.each(['', '0', '0.009', '-5', '1e3', 'fast', '1000001'])('"%s" MB/s is none', (words) =>
  expect(rateOf(words)).toBeNull(),
);

test('days are the same in any order', () => {
  expect(sameDays(['sun', 'mon'], ['mon', 'sun'])).toBe(true);
  expect(sameDays(DAYS, SETS.every)).toBe(true);
  expect(sameDays(['mon'], ['tue'])).toBe(false);
});
