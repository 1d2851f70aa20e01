import { expect, test } from 'vitest';
import type { Way } from '../ipc';
import { wayWords } from './way';

const way = (kind: Way['kind'], why: Way['why'], accelerated: number | null = null, direct: number | null = null) =>
  wayWords({ kind, why, accelerated, direct });

test('nothing is said of the only way', () => {
  expect(wayWords(null)).toBeNull();
  expect(way('direct', 'only')).toBeNull();
});

test('the chosen way says why it is the one', () => {
  expect(way('accelerated', 'faster', 21e6, 10e6)).toBe('Accelerated, 2.1 times as fast as direct');
  expect(way('accelerated', 'faster')).toBe('Accelerated, faster than direct');
  expect(way('accelerated', 'other-blocked', 21e6)).toBe('Accelerated, direct is blocked on this network');
  expect(way('direct', 'other-blocked')).toBe('Direct, acceleration is blocked on this network');
  expect(way('direct', 'other-slower', 5e6, 10e6)).toBe('Direct, acceleration was slower');
  expect(way('direct', 'other-slower', 10.5e6, 10e6)).toBe('Direct, acceleration gained too little');
  expect(way('direct', 'measuring', null, 10e6)).toBe('Both tried, to see which is faster');
});

test('what is said needs no word of the trade', () => {
  const kinds = ['accelerated', 'direct'] as const;
  const whys = ['measuring', 'faster', 'other-slower', 'other-blocked'] as const;
  for (const kind of kinds)
    for (const why of whys) expect(way(kind, why)).not.toMatch(/endpoint|bucket|region|transfer acceleration/i);
});
