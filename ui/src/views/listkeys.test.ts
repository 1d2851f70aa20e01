import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Action, Ipc, ItemId, Row, Slice, Target, View } from '../ipc';
import { row } from '../state/sample';
import { Selection } from '../state/selection.svelte';
import { Session } from '../state/session.svelte';
import { Toasts } from '../state/toasts.svelte';
import { Transfers } from '../state/transfers.svelte';
import { Doing } from './doing';
import { ListKeys } from './listkeys';

beforeEach(() => {
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });
});
afterEach(() => void vi.unstubAllGlobals());

/** The keys of a list of so many rows, of which ten are shown, before an engine that pauses and resumes them at once. */
function list(total: number) {
  const all: Row[] = Array.from({ length: total }, (_, id) => row(id));
  const asked: [Action, number][] = [];
  const rows = (view: View, among: ItemId[]): Promise<Slice> => {
    const found = among.length > 0 ? all.filter(({ id }) => among.includes(id)) : all;
    const { filter, find, first, count } = view;
    return Promise.resolve({ filter, find, first, total: found.length, rows: found.slice(first, first + count) });
  };
  const show = () => {
    const slice: Slice = { filter: 'all', find: '', first: 0, total: all.length, rows: all.slice(0, 10) };
    transfers.take({ kind: 'snapshot', rev: 0, totals: transfers.totals, slice, details: null });
  };
  const act = (action: Action, targets: Target[]) => {
    asked.push([action, targets.length]);
    const ids = new Set<number>(targets.map(({ id }) => id));
    for (const [at, one] of all.entries())
      if (ids.has(one.id))
        all[at] = {
          ...one,
          state: action === 'pause' ? { kind: 'paused', by: 'you', since: 0 } : { kind: 'uploading' },
        };
    show();
    return Promise.resolve({ undo: false, count: targets.length });
  };
  const ipc = { act, rows } as unknown as Ipc;
  const [transfers, toasts] = [new Transfers(ipc), new Toasts()];
  show();
  const selection = new Selection(transfers);
  const keys = new ListKeys({
    transfers,
    selection,
    doing: new Doing(ipc, transfers, toasts, new Session(ipc, toasts)),
    linkable: () => false,
    page: () => 10,
    isOpen: () => false,
    kids: () => 0,
    enter: () => undefined,
    move: () => undefined,
    menu: () => undefined,
    choose: () => undefined,
  });
  const press = async (key: string) => {
    const none = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
    keys.press(
      { key, code: key === ' ' ? 'Space' : key, ...none } as KeyboardEvent,
      { row: row(0), index: 0 },
      true,
      null,
    );
    await new Promise((done) => setTimeout(done));
  };
  return { all, asked, selection, toasts, press };
}

test('Space pauses all that is selected and lets it go on again, far outside of what is shown as well', async () => {
  const { asked, selection, press } = list(600);
  await selection.all();
  await press(' ');
  await press(' ');
  await press(' ');
  expect(asked).toEqual([
    ['pause', 600],
    ['resume', 600],
    ['pause', 600],
  ]);
});

test('nothing is done to what was selected and is not in the list any more, and it is said', async () => {
  const { all, asked, selection, toasts, press } = list(600);
  await selection.extend(500, 510);
  all.splice(500);
  await press('Delete');
  expect(asked).toEqual([]);
  expect(toasts.now?.words).toBe('What was selected is not in this list any more.');
});
