import { expect, test } from 'vitest';
import { middle, percent, size, sizeOf, speed, timeLeft } from './format';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

test('sizes are decimal, with digits by their unit', () => {
  expect(plain(size(0))).toBe('0 B');
  expect(plain(size(999))).toBe('999 B');
  expect(plain(size(21_400_000_000))).toBe('21.4 GB');
  expect(plain(size(1_640_000_000_000))).toBe('1.64 TB');
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

test('percent rounds down, and is 100 only when verified', () => {
  expect(percent(999, 1000, false)).toBe(99);
  expect(percent(1000, 1000, false)).toBe(99);
  expect(percent(1000, 1000, true)).toBe(100);
  expect(percent(0, 0, false)).toBe(0);
});

test('a long name keeps its end', () => {
  const name = 'A001_C014_1123KX_harbour-master_ProRes4444XQ.mov';
  const [head, tail] = middle(name);
  expect(head + tail).toBe(name);
  expect(tail.length).toBeGreaterThanOrEqual(8);
  expect(tail.endsWith('.mov')).toBe(true);
});
