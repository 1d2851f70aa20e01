import { expect, test, vi } from 'vitest';
import type { Delta, Ipc, Row, Snapshot, Totals } from '../ipc';
import { Transfers } from './transfers.svelte';

const totals: Totals = {
  all: 2,
  moving: 1,
  needsYou: 0,
  done: 0,
  sent: 1,
  size: 9,
  speed: 5,
  secondsLeft: null,
  overview: { kind: 'moving' },
};
const row = (id: number, sent: number): Row => ({
  id,
  batch: 1,
  name: `${id}.mov`,
  destination: 'Rushes',
  size: 9,
  sent,
  speed: 0,
  secondsLeft: null,
  state: { kind: 'uploading' },
  folder: null,
  added: 0,
});
const snapshot: Snapshot = {
  rev: 0,
  totals,
  slice: { filter: 'all', first: 0, total: 2, rows: [row(1, 0), row(2, 0)] },
  details: null,
};
const delta = (rev: number, changed: Row[]): Delta => ({
  rev,
  totals,
  slice: null,
  changed,
  details: null,
  outcomes: [],
});

function started(): { transfers: Transfers; subscribe: ReturnType<typeof vi.fn> } {
  const subscribe = vi.fn(() => Promise.resolve(null));
  const transfers = new Transfers({ subscribe } as unknown as Ipc);
  transfers.take({ kind: 'snapshot', ...snapshot });
  return { transfers, subscribe };
}

test('a delta changes the rows it names and keeps the others', () => {
  const { transfers } = started();
  const kept = transfers.rows[0];
  transfers.take({ kind: 'delta', ...delta(1, [row(2, 5)]) });
  expect(transfers.rows[0]).toBe(kept);
  expect(transfers.rows[1]?.sent).toBe(5);
});

test('a gap in the revisions asks for everything anew', () => {
  const { transfers, subscribe } = started();
  transfers.take({ kind: 'delta', ...delta(2, [row(1, 7)]) });
  expect(subscribe).toHaveBeenCalledOnce();
  expect(transfers.rows[0]?.sent).toBe(0);
});
