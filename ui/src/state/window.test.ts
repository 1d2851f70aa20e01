import { expect, test } from 'vitest';
import type { FileRow, Folder, Row, RowState } from '../ipc';
import { row } from './sample';
import { before, follow, lines, type Opened, opened, rowAt, slice } from './window';

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

const folder = (index: number, peek: number, below = 1): Opened => ({ index, peek, below });

test('rows below an open folder make room for its peek', () => {
  const folders = [folder(1, 100)];
  expect([0, 1, 2].map((index) => index * 56 + before(index, folders).pixels)).toEqual([0, 56, 212]);
  expect([0, 55, 56, 211, 212].map((top) => rowAt(top, 56, folders))).toEqual([0, 0, 1, 1, 2]);
});

test('what is above a row stays when an open folder leaves the slice, and comes back to it', () => {
  const rows = Array.from({ length: 40 }, (_, at) => one(at + 1, { kind: 'uploading' }, at === 2 ? {} : null));
  const open = new Set([3]);
  let known = opened(new Map(), open, 0, 200, rows, [0, 0, 232]);
  const there = () => 15 * 56 + before(15, known.values()).pixels;
  expect(there()).toBe(15 * 56 + 232);
  const scroll = 1_072;
  const [first] = slice(scroll, 560, 56, known.values());
  for (const at of [first, 5, 100, 5, 0]) {
    known = opened(known, open, at, 200, rows.slice(at), at === 0 ? [0, 0, 232] : []);
    expect([there(), rowAt(scroll, 56, known.values())]).toEqual([15 * 56 + 232, 15]);
  }
  expect(opened(known, new Set(), 5, 200, rows.slice(5), []).size).toBe(0);
});

test('an open folder that is gone from where it was makes no room', () => {
  const known = new Map([[3, folder(2, 232)]]);
  expect(opened(known, new Set([3]), 0, 4, [one(1), one(2), one(4), one(5)], []).size).toBe(0);
  expect(opened(new Map([[3, folder(9, 232)]]), new Set([3]), 0, 1, [one(1)], []).size).toBe(0);
});

test('the slice covers what is seen and ten rows on each side', () => {
  expect(slice(0, 560, 56)).toEqual([0, 35]);
  const [first, count] = slice(5600, 560, 56);
  expect(first).toBe(90);
  expect(first + count).toBeGreaterThanOrEqual(120);
});

test('the slice stays while few lines are scrolled', () => {
  expect(slice(5600 + 4 * 56, 560, 56)).toEqual(slice(5600, 560, 56));
  expect(slice(5600 + 5 * 56, 560, 56)[0]).toBe(95);
});

test('an open peek above never leaves a hole in the slice', () => {
  const [first, count] = slice(1000, 560, 56, [folder(0, 232)]);
  expect(first).toBeLessThanOrEqual(Math.floor((1000 - 232) / 56));
  expect(first + count).toBeGreaterThanOrEqual(Math.ceil((1000 + 560) / 56));
});

test('a slice is never larger than the engine gives', () => {
  expect(slice(0, 90_000, 52)[1]).toBe(500);
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
  const known = (peeks: number[], more: Row[] = []) =>
    opened(new Map(), new Set([2, 4, 5]), 0, 5, [...rows, ...more], peeks).values();
  const each = (folders: Opened[]) => [0, 1, 2, 3, 4, 5].map((index) => before(index, folders).rows);
  expect(each([...known([0, 136, 0, 0])])).toEqual([0, 0, 4, 4, 4, 4]);
  // Three are open, of which one was told nothing yet.
  expect(each([...known([0, 136, 0, 136, 40], [one(5, { kind: 'uploading' }, {})])])).toEqual([0, 0, 4, 4, 8, 8]);
});
