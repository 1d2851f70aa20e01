import { expect, test } from 'vitest';
import type { Wishes } from '../ipc';
import { usual } from './sample';
import { boundOf, boundShown, isMore, refused, sentence } from './wishes';

test('what stands above is no further choice', () => {
  expect(isMore(usual, usual)).toBe(false);
  const lines = [{ kind: 'include' as const, pattern: '*.mov' }];
  expect(isMore({ ...usual, lines, settle: 30, after: 'move', collision: 'fail' }, usual)).toBe(false);
  const others: Partial<Wishes>[] = [
    { under: '{date}' },
    { leftovers: [] },
    { bounds: { ...usual.bounds, depth: 0 } },
    { allowEmpty: false },
    { unit: 'top-folder' },
    { whileWritten: true },
    { hours: { days: ['sat'], from: 0, to: 0 } },
    { priority: 'first' },
    { mode: 'poll' },
    { moved: 'uploaded' },
    { links: 'followed' },
    { placeholders: 'fetched' },
  ];
  for (const other of others) expect(isMore({ ...usual, ...other }, usual), JSON.stringify(other)).toBe(true);
});

test('bounds are written as a person counts, and are whole numbers the core can take', () => {
  expect(boundOf('least', ' 2,5 ')).toBe(2_500_000);
  expect(boundOf('most', '')).toBeNull();
  expect(boundOf('age', '1.5')).toBe(90);
  expect(boundOf('depth', '0')).toBe(0);
  for (const [which, bad] of [
    ['least', 'much'],
    ['least', '-1'],
    ['most', '1e30'],
    ['most', '99999999999999'],
    ['age', '99999999999'],
    ['depth', '1.5'],
    ['depth', '65536'],
  ] as const)
    expect(boundOf(which, bad), bad).toBeUndefined();
});

test('what is shown of a bound is read as the same', () => {
  expect(boundShown('least', null)).toBe('');
  for (const bytes of [1, 1_500_000, 48e12]) expect(boundOf('least', boundShown('least', bytes))).toBe(bytes);
  expect(boundShown('age', 300)).toBe('5');
});

test('what is refused is told where it was written', () => {
  const at = (wishes: Partial<Wishes>, patterns: 'lines' | 'leftovers' = 'lines') =>
    refused({ ...usual, ...wishes }, 'bad-input', patterns)?.at;
  expect(at({ under: '{when}' })).toBe('under');
  expect(at({ under: 'a/{date' })).toBe('under');
  expect(at({ under: '{date}/{host}-{user}/{folder}' })).toBe('lines');
  expect(at({ bounds: { ...usual.bounds, least: 2, most: 1 } })).toBe('bounds');
  expect(at({ leftovers: ['a['] }, 'leftovers')).toBe('leftovers');
  expect(refused(usual, 'name-refused', 'lines')?.at).toBe('under');
});

test('what is none of the wishes keeps nobody from them', () => {
  expect(refused(usual, 'source-offline', 'lines')).toBeNull();
  expect(sentence('source-offline')).toBe('The drive does not answer.');
});
