import { expect, test } from 'vitest';
import type { Day, LimitNow, Limits, LimitTime } from '../ipc';
import { clock, timeOfDay } from '../state/format';
import { minutesOf, SETS } from '../state/week';
import { writeFor } from '../text';
import { badRate, badTime, daysShort, limitWords, planWords, sends, timeWritten } from './limits';

const plain = (words: string | null) => words?.replaceAll('\u00a0', ' ');
const time = (days: readonly Day[], from: number, to: number, rate: number | null): LimitTime => ({
  days: [...days],
  from: from * 60,
  to: to * 60,
  rule: rate === null ? { kind: 'pause' } : { kind: 'limit', rate },
});
const at = (hour: number) => timeOfDay(hour * 60);

test('days are called as people call them', () => {
  expect(daysShort(SETS.every)).toBe('Every day');
  expect(daysShort(SETS.workdays)).toBe('Mon to Fri');
  expect(daysShort(SETS.weekend)).toBe('Sat and Sun');
  expect(daysShort(['sun'])).toBe('Sunday');
  expect(daysShort(['thu', 'tue', 'wed'])).toBe('Tue to Thu');
  expect(daysShort(['fri', 'mon', 'wed'])).toBe('Mon, Wed and Fri');
});

test('the week plan is told in words', () => {
  const limits: Limits = {
    usual: null,
    scheduled: true,
    times: [time(SETS.workdays, 8, 18, 50e6), time(['sun'], 2, 6, null)],
  };
  expect(planWords(limits)).toBe(
    `Monday to Friday ${at(8)} to ${at(18)} limited, Sunday ${at(2)} to ${at(6)} paused, otherwise no limit`,
  );
  expect(plain(planWords({ ...limits, usual: 20e6, times: [time(['sat'], 0, 0, null)] }))).toBe(
    'Saturday all day paused, otherwise limited to 20 MB/s',
  );
  expect(planWords({ ...limits, times: [] })).toBe('no limit');
});

test('a limited time says how much it sends', () => {
  expect(plain(sends(time(SETS.workdays, 8, 18, 50e6)))).toBe('50 MB/s sends about 1.8 TB in these 10 hours.');
  expect(plain(sends(time(['mon'], 8, 9, 2.5e6)))).toBe('2.5 MB/s sends about 9 GB in this hour.');
  expect(plain(sends(time(['mon'], 22, 6.5, 1e6)))).toBe('1 MB/s sends about 31 GB in these 8 hours 30 minutes.');
  expect(sends(time(['sun'], 2, 6, null))).toBeNull();
});

test('the limit of now is told in two lines', () => {
  const now = new Date(2026, 10, 23, 16).getTime();
  const until = now / 1000 + 7_200;
  const told = (limit: Partial<LimitNow>) =>
    limitWords({ rate: null, paused: false, until: null, why: 'usual', ...limit }, now).map(plain);
  expect(told({})).toEqual(['No limit', '']);
  expect(told({ rate: 50e6, until })).toEqual(['Limit 50 MB/s', `Until ${clock(until)}`]);
  expect(told({ paused: true, until })).toEqual(['Paused', `Until ${clock(until)}`]);
  expect(told({ paused: true, why: 'metered' })).toEqual(['Paused', 'Metered network']);
  expect(told({ paused: true, why: 'battery' })).toEqual(['Paused', 'Low battery']);
});

test('what stands in a field for a time can be read back, whatever clock people have', () => {
  const told = (language: string) => {
    writeFor([language]);
    for (const minutes of [0, 485, 720, 1_439]) expect(minutesOf(timeWritten(minutes))).toBe(minutes);
    return timeWritten(18 * 60).replaceAll('\u202f', ' ');
  };
  expect([told('en-GB'), told('en-US'), told('ar-EG'), told('ko-KR')]).toEqual([
    '18:00',
    '6:00 PM',
    '18:00',
    '6:00 PM',
  ]);
  writeFor(['en-GB']);
});

test('what can be written is told as people write it', () => {
  expect([badTime(), badRate()]).toEqual(['Write a time like 18:00.', 'Write a number from 0.01 to 1,000,000.']);
});
