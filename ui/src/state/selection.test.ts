import { expect, test, vi } from 'vitest';
import type { Ipc, ItemId, Row, Slice, View } from '../ipc';
import { row } from './sample';
import { Selection } from './selection.svelte';
import { Transfers } from './transfers.svelte';

/** A list of so many rows, of which ten are shown, and the engine's own rows behind it. */
function list(total: number): { selection: Selection; transfers: Transfers; all: Row[] } {
  const all = Array.from({ length: total }, (_, id) => row(id));
  const rows = (view: View, among: ItemId[]): Promise<Slice> => {
    const found = among.length > 0 ? all.filter(({ id }) => among.includes(id)) : all;
    const { filter, find, first, count } = view;
    return Promise.resolve({ filter, find, first, total: found.length, rows: found.slice(first, first + count) });
  };
  const transfers = new Transfers({ rows } as unknown as Ipc);
  const slice = { filter: 'all' as const, find: '', first: 0, total, rows: all.slice(0, 10) };
  transfers.take({ kind: 'snapshot', rev: 0, totals: transfers.totals, slice, details: null });
  return { selection: new Selection(transfers), transfers, all };
}

test('Shift selects from where it began, and gives back what it leaves', async () => {
  const { selection } = list(10);
  await selection.extend(3, 5);
  expect(selection.things.map(({ name }) => name)).toEqual(['3.mov', '4.mov', '5.mov']);
  await selection.extend(5, 2);
  expect(selection.things.map(({ name }) => name)).toEqual(['2.mov', '3.mov']);
});

test('Ctrl takes one more beside the row that had the focus, and gives it back', () => {
  const { selection } = list(10);
  selection.toggle(row(7), 7, { row: row(2), index: 2 });
  expect([2, 7, 3].map((id) => selection.has(id))).toEqual([true, true, false]);
  selection.toggle(row(7), 7, { row: row(7), index: 7 });
  expect(selection.size).toBe(1);
});

test('rows far outside what is shown are selected with the rest', async () => {
  const { selection, transfers } = list(5_000);
  expect(await selection.all()).toBe(true);
  expect(selection.size).toBe(5_000);
  expect(selection.has(4_999)).toBe(true);
  expect(transfers.rows).toHaveLength(10);
});

test('of more rows than can be selected the first are, and it is told', async () => {
  const { selection } = list(6_000);
  expect(await selection.all()).toBe(false);
  expect(selection.size).toBe(5_000);
});

test('an answer that comes after the selection was cleared changes nothing', async () => {
  const { selection } = list(600);
  const late = selection.all();
  selection.clear();
  await late;
  expect(selection.size).toBe(0);
});

test('what is selected far outside of what is shown stands as the engine says it', async () => {
  const { selection, all } = list(300);
  await selection.all();
  for (const one of all) one.state = { kind: 'paused', by: 'you', since: 0 };
  const kinds = (await selection.current()).map(({ state }) => state.kind);
  expect(new Set(kinds.slice(10))).toEqual(new Set(['paused']));
  expect(selection.things.at(-1)?.state.kind).toBe('paused');
});

test('what is not in the list any more is not selected', async () => {
  const { selection, transfers, all } = list(300);
  await selection.extend(2, 3);
  all.splice(2, 2);
  const slice = { filter: 'all' as const, find: '', first: 0, total: 298, rows: all.slice(0, 10) };
  transfers.take({ kind: 'snapshot', rev: 0, totals: transfers.totals, slice, details: null });
  selection.follow('one');
  await vi.waitFor(() => expect(selection.size).toBe(0));
  // Shift begins anew as well.
  await selection.extend(5, 6);
  expect(selection.size).toBe(2);
});

test('very many rows that come and go are looked at once a second, and at the end', async () => {
  vi.useFakeTimers();
  const { selection, all } = list(300);
  await selection.all();
  selection.follow('one');
  await vi.advanceTimersByTimeAsync(0);
  all.splice(200);
  selection.follow('two');
  await vi.advanceTimersByTimeAsync(900);
  expect(selection.size).toBe(300);
  await vi.advanceTimersByTimeAsync(200);
  expect(selection.size).toBe(200);
  vi.useRealTimers();
});

test('of a longer span than can be selected the rows where it began are', async () => {
  const { selection } = list(6_000);
  expect(await selection.extend(5_999, 0)).toBe(false);
  expect([selection.size, selection.has(5_999), selection.has(999)]).toEqual([5_000, true, false]);
  expect(await selection.extend(0, 5_000)).toBe(true);
  expect(selection.has(5_000)).toBe(true);
});

test('where the engine does not answer, what was cleared meanwhile is still what was meant', async () => {
  const { selection, transfers } = list(10);
  await selection.extend(3, 4);
  vi.spyOn(transfers, 'among').mockResolvedValueOnce(null);
  const meant = selection.current();
  selection.clear();
  expect((await meant).map(({ name }) => name)).toEqual(['3.mov', '4.mov']);
});
