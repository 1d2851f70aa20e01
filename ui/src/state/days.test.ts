import { expect, test } from 'vitest';
import { daysOf, ENTRY, heightOf, LABEL, lay, slice, topOf } from './days';

const days = lay([
  { began: 300, count: 3 },
  { began: 200, count: 1 },
  { began: 100, count: 48_108 },
]);

test('each day has its label and its entries below it', () => {
  expect(days.map(({ first, top }) => [first, top])).toEqual([
    [0, 0],
    [3, LABEL + 3 * ENTRY],
    [4, 2 * LABEL + 4 * ENTRY],
  ]);
  expect(heightOf(days)).toBe(3 * LABEL + 48_112 * ENTRY);
  expect([0, 2, 3, 4, 5].map((index) => topOf(days, index))).toEqual([28, 100, 164, 228, 264]);
  expect([heightOf([]), topOf([], 7)]).toEqual([0, 0]);
});

test('a slice covers what is seen wherever it is, and is small', () => {
  for (const scroll of [0, 27, 28, 140, 163, 164, 227, 40_000, heightOf(days) - 600]) {
    const [first, count] = slice(days, scroll, 600);
    const seen = Array.from({ length: 48_112 }, (_, index) => index).filter((index) => {
      const top = topOf(days, index);
      return top + ENTRY > scroll && top < scroll + 600;
    });
    expect(first).toBeLessThanOrEqual(seen[0] ?? 0);
    expect(first + count).toBeGreaterThan(seen.at(-1) ?? 0);
    expect(count).toBeLessThan(60);
  }
  expect(slice([], 0, 600)).toEqual([0, 15]);
});

test('the days of a slice are those that have something in it', () => {
  const began = (first: number, count: number) => daysOf(days, first, count).map((day) => day.began);
  expect(began(0, 3)).toEqual([300]);
  expect(began(0, 4)).toEqual([300, 200]);
  expect(began(2, 40)).toEqual([300, 200, 100]);
  expect(began(48_000, 40)).toEqual([100]);
  expect(daysOf([], 0, 40)).toEqual([]);
});
