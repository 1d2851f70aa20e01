import { expect, test } from 'vitest';
import type { Row, RowState } from '../ipc';
import { type Known, type Move, stays } from './line';
import { row } from './sample';
import { thingOf } from './selection.svelte';

const queued: RowState = { kind: 'queued', ahead: 1 };
const one = (id: number, state: RowState, folder = false): Row =>
  row(id, {
    state,
    folder: folder ? { files: 9, done: 1, needsYou: 0, skipped: 0, counting: false, peek: null } : null,
  });
const all = (...rows: Row[]): Known => ({ rows, first: 0, total: rows.length, whole: true });
const why = (known: Known, move: Move, ...ids: number[]) =>
  stays(known.rows.filter(({ id }) => ids.includes(id)).map(thingOf), move, known);

test('what is in line moves, but the first not earlier and the last not later', () => {
  const known = all(one(1, { kind: 'uploading' }), one(2, queued), one(3, { kind: 'done', at: 0 }), one(4, queued));
  expect([why(known, 'earlier', 2), why(known, 'later', 2)]).toEqual(['first', null]);
  expect([why(known, 'earlier', 4), why(known, 'later', 4)]).toEqual([null, 'last']);
});

test('what is next is not put first, and what nothing waits behind not last', () => {
  const known = all(one(1, queued), one(2, queued), one(3, queued));
  expect([why(known, 'first', 1), why(known, 'first', 2)]).toEqual(['first', null]);
  expect([why(known, 'last', 3), why(known, 'last', 2)]).toEqual(['last', null]);
});

test('what uploads, is sent or is paused is not in line', () => {
  const known = all(
    one(1, { kind: 'uploading' }),
    one(2, { kind: 'verifying' }),
    one(3, { kind: 'paused', by: 'you', since: 0 }),
    one(4, queued),
  );
  expect([1, 2, 3].map((id) => why(known, 'later', id))).toEqual(['uploading', 'sent', 'paused']);
});

test('what the schedule pauses, or a metered network, or the battery, stays in line', () => {
  for (const by of ['schedule', 'metered', 'battery'] as const) {
    const rests: RowState = { kind: 'paused', by, since: 0 };
    const known = all(one(1, rests), one(2, rests), one(3, queued));
    const told = [why(known, 'earlier', 1), why(known, 'earlier', 2), why(known, 'later', 3)];
    expect(told).toEqual(['first', null, 'last']);
  }
});

test('a folder that uploads may have files in line', () => {
  const known = all(one(1, { kind: 'uploading' }, true), one(2, queued));
  expect([why(known, 'later', 1), why(known, 'earlier', 2)]).toEqual([null, null]);
});

test('several move as long as one of them does', () => {
  const known = all(one(1, queued), one(2, { kind: 'uploading' }), one(3, queued), one(4, queued));
  expect(why(known, 'earlier', 1, 3)).toBe('first');
  expect(why(known, 'earlier', 1, 2, 4)).toBeNull();
  expect(why(known, 'later', 3, 4)).toBe('last');
  expect(why(known, 'earlier', 1, 3, 4)).toBe('first');
});

test('what is outside the part that is known is left to the engine', () => {
  const known = all(one(1, queued));
  expect(why({ ...known, first: 5, total: 9 }, 'earlier', 1)).toBeNull();
  expect(why({ ...known, total: 9 }, 'later', 1)).toBeNull();
  expect(why({ ...known, whole: false }, 'earlier', 1)).toBeNull();
  expect(stays([{ ...thingOf(one(7, queued)) }], 'earlier', known)).toBeNull();
});
