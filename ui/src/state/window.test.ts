import { expect, test } from 'vitest';
import type { FileRow, Folder, Row, RowState } from '../ipc';
import { row } from './sample';
import { follow, lines, place, rowsAbove, slice } from './window';

const one = (id: number, state: RowState = { kind: 'uploading' }, folder: Partial<Folder> | null = null): Row =>
  row(id, {
    state,
    folder: folder && { files: 0, done: 0, needsYou: 0, skipped: 0, counting: false, peek: null, ...folder },
  });

test('a peek has room for its problems, four files being sent and its own line', () => {
  const uploading: RowState = { kind: 'uploading' };
  expect(lines(one(1, uploading, { files: 12_480, done: 7_946, needsYou: 1 }))).toBe(6);
  expect(lines(one(1, uploading, { files: 100, done: 0, needsYou: 90 }))).toBe(7);
  expect(lines(one(1, uploading, { files: 3, done: 2 }))).toBe(2);
  expect(lines(one(1, { kind: 'done', at: 0 }, { files: 100, done: 98, needsYou: 2 }))).toBe(3);
  expect(lines(one(1))).toBe(0);
});

test('rows below an open folder make room for its peek', () => {
  expect(place(0, 3, 56, [0, 100, 0])).toEqual({ tops: [0, 56, 212], height: 268 });
  expect(place(40, 100_000, 56, [0, 0]).tops).toEqual([2240, 2296]);
});

test('the slice covers what is seen and ten rows on each side', () => {
  expect(slice(0, 560, 56, 0)).toEqual([0, 35]);
  const [first, count] = slice(5600, 560, 56, 0);
  expect(first).toBe(90);
  expect(first + count).toBeGreaterThanOrEqual(120);
});

test('the slice stays while few lines are scrolled', () => {
  expect(slice(5600 + 4 * 56, 560, 56, 0)).toEqual(slice(5600, 560, 56, 0));
  expect(slice(5600 + 5 * 56, 560, 56, 0)[0]).toBe(95);
});

test('an open peek above never leaves a hole in the slice', () => {
  const [first, count] = slice(1000, 560, 56, 232);
  expect(first).toBeLessThanOrEqual(Math.floor((1000 - 232) / 56));
  expect(first + count).toBeGreaterThanOrEqual(Math.ceil((1000 + 560) / 56));
});

test('a slice is never larger than the engine gives', () => {
  expect(slice(0, 90_000, 52, 0)[1]).toBe(500);
});

test('the focus follows its row, stays with one scrolled away, and goes to the next when its row is gone', () => {
  const rows = [one(1), one(2), one(3)];
  const held = follow(null, 0, 3, rows);
  expect(held?.row.id).toBe(1);
  const second = { row: one(2), index: 1 };
  expect(follow(second, 0, 3, [one(9), one(1), one(2)])?.index).toBe(2);
  expect(follow(second, 50, 100, [one(51), one(52)])).toBe(second);
  expect(follow(second, 0, 2, [one(1), one(3)])?.row.id).toBe(3);
  expect(follow({ row: one(3), index: 2 }, 0, 2, [one(1), one(2)])?.row.id).toBe(2);
  expect(follow(second, 0, 0, [])).toBeNull();
});

test('the files of open folders are rows among the others, and those of closed ones are not', () => {
  const file = (id: number): FileRow => ({
    id,
    path: `${id}`,
    size: 1,
    sent: 0,
    state: { kind: 'uploading' },
    fact: null,
  });
  const peek = { problems: [file(1)], sending: [file(2), file(3)], done: 0, waiting: 0 };
  const rows = [one(1), one(2, { kind: 'uploading' }, { peek }), one(3), one(4, { kind: 'uploading' }, { peek })];
  // Two are open, of which one was told nothing yet.
  expect(rowsAbove(rows, [0, 136, 0, 0])).toEqual({ each: [0, 0, 4, 4], sum: 4 });
  expect(rowsAbove([...rows, one(5, { kind: 'uploading' }, {})], [0, 136, 0, 136, 40])).toEqual({
    each: [0, 0, 4, 4, 8],
    sum: 8,
  });
});
