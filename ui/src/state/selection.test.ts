import { expect, test } from 'vitest';
import type { Ipc, Row, View } from '../ipc';
import { row } from './sample';
import { Selection } from './selection.svelte';
import { Transfers } from './transfers.svelte';

/** A list of so many rows, of which ten are shown. */
function list(total: number): { selection: Selection; transfers: Transfers; row: (id: number) => Row } {
  const all = Array.from({ length: total }, (_, id) => row(id));
  let rev = 0;
  const setView = (view: View) => {
    const rows = all.slice(view.first, view.first + view.count);
    rev += 1;
    const slice = { filter: view.filter, find: view.find, first: view.first, total, rows };
    const told = {
      rev,
      totals: transfers.totals,
      slice,
      changed: [],
      details: { kind: 'same' as const },
      outcomes: [],
    };
    queueMicrotask(() => transfers.take({ kind: 'delta', ...told }));
    return Promise.resolve(null);
  };
  const transfers = new Transfers({ setView } as unknown as Ipc);
  const slice = { filter: 'all' as const, find: '', first: 0, total, rows: all.slice(0, 10) };
  transfers.take({ kind: 'snapshot', rev: 0, totals: transfers.totals, slice, details: null });
  return { selection: new Selection(transfers), transfers, row };
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
  expect(transfers.rows).toHaveLength(transfers.view.count);
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
