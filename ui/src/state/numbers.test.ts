// DESIGN section 7: each of its lines has a test, and docs/design-notes.md says which.
import { expect, test } from 'vitest';
import notes from '../../../docs/design-notes.md?raw';
import styles from '../styles/davit.css?raw';
import { clockOfDay, percent, size, sizeOf, speed } from './format';
import own from './numbers.test.ts?raw';

const tests = Object.values({
  own,
  ...import.meta.glob<string>('../**/*.test.ts', { query: '?raw', import: 'default', eager: true }),
  ...import.meta.glob<string>('../../../crates/core/src/{engine,bandwidth}/**/*.rs', {
    query: '?raw',
    import: 'default',
    eager: true,
  }),
}).join('\n');

test('every line of the design about numbers names tests, and each of them is there', () => {
  const table = /## Numbers\n(.*?)\n(?:## |$)/s.exec(notes)?.[1] ?? '';
  const lines = table.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| the design'));
  expect(lines.length).toBeGreaterThan(12);
  for (const line of lines) {
    const named = [...line.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    expect([line, named.length > 0]).toEqual([line, true]);
    for (const name of named)
      expect([name, tests.includes(`test('${name}'`) || tests.includes(`fn ${name}(`)]).toEqual([name, true]);
  }
});

test('a number keeps its column, whatever its digits', () => {
  expect(styles).toMatch(/body \{[^}]*font-variant-numeric: tabular-nums/);
  // Of name and destination as much as there is room; of every number the same in each row.
  const widths = [...styles.matchAll(/\.row \{[^}]*grid-template-columns: ([^;]+);/g)].map(
    ([, columns = '']) => columns,
  );
  expect(widths.length).toBeGreaterThan(1);
  for (const columns of widths) expect(columns).toMatch(/^20px minmax\(0, 1fr\)( \d+px)+$/);
  expect(styles).toMatch(/\.row \.rt[^{]*\{[^}]*text-align: end/);
});

test('a size and a speed of nothing, and of very much, are told in their units', () => {
  const plain = (words: string) => words.replaceAll('\u00a0', ' ');
  expect([0, 1, 999, 1_000, 999_499, 1e15].map((bytes) => plain(size(bytes)))).toEqual([
    '0 B',
    '1 B',
    '999 B',
    '1 kB',
    '999 kB',
    '1,000.00 TB',
  ]);
  expect([0, 400, 999_400, 999_600, 99_949_999, 99_950_000].map((rate) => plain(speed(rate)))).toEqual([
    '0 kB/s',
    '0 kB/s',
    '999 kB/s',
    '1.0 MB/s',
    '99.9 MB/s',
    '100 MB/s',
  ]);
});

test('a hundred percent and the whole are of what is verified alone, to the last byte', () => {
  for (const all of [1, 3, 1e9 - 1, 4.11e12]) {
    expect(percent(all, all, false)).toBe(99);
    expect(percent(all - 1, all, true)).toBe(100);
    const [part, whole] = sizeOf(Math.max(0, all - 1), all).split(' of ');
    expect(whole?.startsWith(`${part ?? ''}\u00a0`)).toBe(false);
  }
});

test('a time of another day is told with its day', () => {
  const now = Date.UTC(2026, 10, 23, 16, 2, 30);
  expect(clockOfDay(now / 1000 - 3_600, now)).toMatch(/^\d\d:\d\d$/);
  expect(clockOfDay(now / 1000 - 86_400, now)).toMatch(/^22 November, \d\d:\d\d$/);
});
