import { afterEach, expect, test, vi } from 'vitest';
import type { Delta, Details, Focused, Ipc, Row, Slice, Snapshot, Totals, Update, View } from '../ipc';
import { row } from './sample';
import { Transfers } from './transfers.svelte';

afterEach(() => void vi.useRealTimers());

const totals: Totals = {
  all: 2,
  moving: 1,
  needsYou: 0,
  done: 0,
  sent: 1,
  size: 9,
  speed: 5,
  secondsLeft: null,
  limit: { rate: null, paused: false, until: null, why: 'usual' },
  history: 0,
  overview: { kind: 'moving' },
};
const sent = (id: number, bytes: number): Row => row(id, { sent: bytes });
const snapshot: Snapshot = {
  rev: 0,
  totals,
  slice: { filter: 'all', find: '', first: 0, total: 2, rows: [sent(1, 0), sent(2, 0)] },
  details: null,
};
const about: Details = {
  target: { kind: 'item', id: 2 },
  name: '2.mov',
  state: { kind: 'uploading' },
  size: 9,
  sent: 0,
  speed: 5,
  secondsLeft: 1_000,
  destination: 'Rushes',
  key: null,
  proposed: null,
  from: '/2.mov',
  written: null,
  checksum: null,
  etag: null,
  version: null,
  pieces: null,
  files: null,
  story: [],
  reference: null,
  technical: null,
  fact: null,
  link: false,
  way: null,
};
const delta = (rev: number, changed: Row[]): Delta => ({
  rev,
  totals,
  slice: null,
  changed,
  details: { kind: 'same' },
  outcomes: [],
});

function started(): { transfers: Transfers; subscribe: ReturnType<typeof vi.fn> } {
  const subscribe = vi.fn(() => Promise.resolve(null));
  const transfers = new Transfers({ subscribe } as unknown as Ipc);
  transfers.take({ kind: 'snapshot', ...snapshot });
  return { transfers, subscribe };
}

test('a delta changes the rows it names and keeps the others', () => {
  vi.useFakeTimers();
  const { transfers } = started();
  const kept = transfers.rows[0];
  transfers.take({ kind: 'delta', ...delta(1, [sent(2, 5)]) });
  vi.advanceTimersByTime(250);
  expect(transfers.rows[0]).toBe(kept);
  expect(transfers.rows[1]?.sent).toBe(5);
});

test('another limit is shown at once', () => {
  vi.useFakeTimers();
  const { transfers } = started();
  const limit: Totals['limit'] = { rate: 20e6, paused: false, until: null, why: 'chosen' };
  transfers.take({ kind: 'delta', ...delta(1, []), totals: { ...totals, limit } });
  expect(transfers.totals.limit.rate).toBe(20e6);
  transfers.take({
    kind: 'delta',
    ...delta(2, []),
    totals: { ...totals, limit: { ...limit, rate: null, paused: true } },
  });
  expect(transfers.totals.limit.paused).toBe(true);
});

test('the details show the numbers of their row, whenever they were opened', () => {
  vi.useFakeTimers();
  const { transfers } = started();
  transfers.view = { ...transfers.view, focus: about.target };
  const paced = (secondsLeft: number) => ({ ...sent(2, 0), speed: 5, secondsLeft });
  transfers.take({ kind: 'delta', ...delta(1, [paced(1_000)]) });
  vi.advanceTimersByTime(10_000);
  const now: Focused = { kind: 'now', ...about, secondsLeft: 950 };
  transfers.take({ kind: 'delta', ...delta(2, [paced(950)]), details: now });
  expect(transfers.rows[1]?.secondsLeft).toBe(1_000);
  expect(transfers.details?.secondsLeft).toBe(1_000);
});

test('an upload that sends nothing says so though the engine has nothing to tell', () => {
  vi.useFakeTimers();
  const { transfers } = started();
  vi.advanceTimersByTime(4_900);
  expect(transfers.standing.size).toBe(0);
  vi.advanceTimersByTime(1_100);
  expect([...transfers.standing]).toEqual([1, 2]);
  expect(vi.getTimerCount()).toBe(0);
});

test('a stream that was replaced is not heard any more', async () => {
  const heard: ((update: Update) => void)[] = [];
  const subscribe = (_view: View, listen: (update: Update) => void) => {
    heard.push(listen);
    return Promise.resolve(null);
  };
  const transfers = new Transfers({ subscribe } as unknown as Ipc);
  await transfers.start();
  heard[0]?.({ kind: 'snapshot', ...snapshot });
  heard[0]?.({ kind: 'delta', ...delta(5, []) });
  heard[0]?.({ kind: 'delta', ...delta(6, []) });
  expect(heard).toHaveLength(2);
  heard[1]?.({ kind: 'snapshot', ...snapshot });
  heard[0]?.({ kind: 'delta', ...delta(7, []) });
  expect(heard).toHaveLength(2);
});

test('numbers that change are shown together, four times a second', () => {
  vi.useFakeTimers();
  const { transfers } = started();
  transfers.take({ kind: 'delta', ...delta(1, [sent(1, 3)]) });
  transfers.take({ kind: 'delta', ...delta(2, [sent(2, 5)]) });
  expect(transfers.rows.map(({ sent }) => sent)).toEqual([0, 0]);
  vi.advanceTimersByTime(250);
  expect(transfers.rows.map(({ sent }) => sent)).toEqual([3, 5]);
});

test('a row that turns to another state is shown at once, with all that waited', () => {
  const { transfers } = started();
  transfers.take({ kind: 'delta', ...delta(1, [sent(1, 3)]) });
  transfers.take({ kind: 'delta', ...delta(2, [{ ...sent(2, 5), state: { kind: 'verifying' } }]) });
  expect(transfers.rows.map(({ sent }) => sent)).toEqual([3, 5]);
});

test('a gap in the revisions asks for everything anew', () => {
  const { transfers, subscribe } = started();
  transfers.take({ kind: 'delta', ...delta(2, [sent(1, 7)]) });
  expect(subscribe).toHaveBeenCalledOnce();
  expect(transfers.rows[0]?.sent).toBe(0);
});

/** An engine with so many done rows, and what it is asked for beside the list. */
function answering(done: number): { transfers: Transfers; views: View[]; setView: ReturnType<typeof vi.fn> } {
  const views: View[] = [];
  const all = Array.from({ length: done }, (_, id) => sent(id, 9));
  const setView = vi.fn(() => Promise.resolve(null));
  const rows = (view: View): Promise<Slice> => {
    views.push(view);
    const { filter, find, first, count } = view;
    return Promise.resolve({ filter, find, first, total: done, rows: all.slice(first, first + count) });
  };
  const transfers = new Transfers({ setView, rows } as unknown as Ipc);
  transfers.take({ kind: 'snapshot', ...snapshot });
  return { transfers, views, setView };
}

test('all rows of a filter are named, slice by slice, while the list keeps its own', async () => {
  const { transfers, views, setView } = answering(1_200);
  expect(await transfers.every('done')).toHaveLength(1_200);
  expect(views.map(({ filter, first }) => [filter, first])).toEqual([
    ['done', 0],
    ['done', 500],
    ['done', 1_000],
  ]);
  expect(transfers.rows).toHaveLength(2);
  expect(setView).not.toHaveBeenCalled();
});

test('where the list is scrolled to, or another filter, is shown while rows are asked for beside it', async () => {
  const { transfers, setView } = answering(1_200);
  const asked = transfers.every('done');
  transfers.window(300, 40);
  const there: Slice = { filter: 'all', find: '', first: 300, total: 1_200, rows: [sent(300, 0)] };
  transfers.take({ kind: 'delta', ...delta(1, []), slice: there });
  expect([transfers.first, transfers.rows[0]?.id]).toEqual([300, 300]);
  transfers.filter('needs-you');
  const other: Slice = { filter: 'needs-you', find: '', first: 0, total: 1, rows: [sent(7, 0)] };
  transfers.take({ kind: 'delta', ...delta(2, []), slice: other });
  expect(transfers.rows[0]?.id).toBe(7);
  expect(await asked).toHaveLength(1_200);
  expect([transfers.view.filter, transfers.rows[0]?.id]).toEqual(['needs-you', 7]);
  expect(setView).toHaveBeenCalledTimes(2);
});

test('rows that are all shown need not be asked for', async () => {
  const rows = vi.fn(() => Promise.resolve(null));
  const transfers = new Transfers({ rows } as unknown as Ipc);
  transfers.take({ kind: 'snapshot', ...snapshot });
  expect(await transfers.every('all')).toEqual([
    { kind: 'item', id: 1 },
    { kind: 'item', id: 2 },
  ]);
  expect(rows).not.toHaveBeenCalled();
});

test('an engine that does not answer names nothing', async () => {
  vi.useFakeTimers();
  const rows = vi.fn(() => new Promise(() => undefined));
  const transfers = new Transfers({ rows } as unknown as Ipc);
  transfers.take({ kind: 'snapshot', ...snapshot });
  const asked = transfers.every('done');
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await asked).toBeNull();
});

test('a filter shows its list from the top, and asks only when it changes', () => {
  const setView = vi.fn<(view: View) => Promise<null>>(() => Promise.resolve(null));
  const transfers = new Transfers({ setView } as unknown as Ipc);
  transfers.window(40, 50);
  transfers.filter('done');
  transfers.filter('done');
  expect(setView).toHaveBeenCalledTimes(2);
  expect(setView.mock.lastCall?.[0]).toMatchObject({ filter: 'done', first: 0, count: 50 });
});

test('what is looked for shows its list from the top, and the words that found it are those of its slice', () => {
  const setView = vi.fn<(view: View) => Promise<null>>(() => Promise.resolve(null));
  const transfers = new Transfers({ setView } as unknown as Ipc);
  transfers.take({ kind: 'snapshot', ...snapshot });
  transfers.window(40, 50);
  transfers.find('');
  expect(transfers.finding).toBe(true);
  expect(setView).toHaveBeenCalledTimes(1);
  transfers.find('fjord');
  expect(setView.mock.lastCall?.[0]).toMatchObject({ find: 'fjord', first: 0, count: 50 });
  expect(transfers.found).toBe('');
  const slice: Slice = { filter: 'all', find: 'fjord', first: 0, total: 1, rows: [sent(2, 0)] };
  transfers.take({ kind: 'delta', ...delta(1, []), slice });
  expect([transfers.found, transfers.total]).toEqual(['fjord', 1]);
  transfers.find(null);
  expect(transfers.finding).toBe(false);
  expect(setView.mock.lastCall?.[0]).toMatchObject({ find: '', first: 0 });
});

test('what is cleared is all that is done, whatever is looked for', async () => {
  const { transfers, views } = answering(700);
  transfers.find('fjord');
  expect(await transfers.every('done')).toHaveLength(700);
  const asked = views.filter(({ filter }) => filter === 'done');
  expect(asked.map(({ find, first }) => [find, first])).toEqual([
    ['', 0],
    ['', 500],
  ]);
  expect(transfers.view).toMatchObject({ filter: 'all', find: 'fjord' });
});

test('what is selected at once is what was found', async () => {
  const { transfers, views } = answering(700);
  transfers.find('fjord');
  await transfers.between('all', 0, 600);
  expect(new Set(views.map(({ find }) => find))).toEqual(new Set(['fjord']));
});

test('a folder that is toggled is open, then closed', () => {
  const setView = vi.fn<(view: View) => Promise<null>>(() => Promise.resolve(null));
  const transfers = new Transfers({ setView } as unknown as Ipc);
  transfers.toggle(7);
  expect(transfers.view.open).toEqual([7]);
  transfers.toggle(7);
  expect(transfers.view.open).toEqual([]);
});

test('details that are opened again are there at once', () => {
  const setView = vi.fn(() => Promise.resolve(null));
  const transfers = new Transfers({ setView } as unknown as Ipc);
  transfers.take({ kind: 'snapshot', ...snapshot });
  transfers.focus({ kind: 'item', id: 1 });
  const details = {
    target: { kind: 'item', id: 1 },
    name: '1.mov',
    state: { kind: 'uploading' },
    size: 9,
    sent: 1,
    speed: 0,
    secondsLeft: null,
  } as Details;
  transfers.take({ kind: 'delta', ...delta(1, []), details: { kind: 'now', ...details } });
  transfers.focus(null);
  transfers.focus({ kind: 'item', id: 1 });
  expect(transfers.details?.name).toBe('1.mov');
  transfers.focus({ kind: 'item', id: 2 });
  transfers.focus(null);
  expect(transfers.details).toBeNull();
});

test('details that come after they were closed are not shown', () => {
  const setView = vi.fn(() => Promise.resolve(null));
  const transfers = new Transfers({ setView } as unknown as Ipc);
  transfers.take({ kind: 'snapshot', ...snapshot });
  transfers.focus({ kind: 'item', id: 1 });
  transfers.focus(null);
  transfers.take({ kind: 'delta', ...delta(1, []), details: { kind: 'now', name: 'late' } as never });
  expect(transfers.details).toBeNull();
});

/** A list with the details of row 1 open. */
function opened(): { transfers: Transfers; setView: ReturnType<typeof vi.fn> } {
  const setView = vi.fn(() => Promise.resolve(null));
  const transfers = new Transfers({ setView } as unknown as Ipc);
  transfers.take({ kind: 'snapshot', ...snapshot });
  transfers.focus({ kind: 'item', id: 1 });
  const target = { kind: 'item', id: 1 };
  const details = { target, name: '1.mov', state: { kind: 'uploading' }, size: 9, sent: 1 } as Details;
  transfers.take({ kind: 'delta', ...delta(1, []), details: { kind: 'now', ...details } });
  return { transfers, setView };
}

test('the details of a row that is gone from the list go with it', () => {
  const { transfers, setView } = opened();
  transfers.take({ kind: 'delta', ...delta(2, []), details: { kind: 'same' } });
  expect(transfers.details?.name).toBe('1.mov');
  transfers.take({ kind: 'delta', ...delta(3, []), details: { kind: 'gone' } });
  expect([transfers.details, transfers.view.focus]).toEqual([null, null]);
  expect(setView).toHaveBeenCalledTimes(2);
  transfers.focus({ kind: 'item', id: 1 });
  expect(transfers.details).toBeNull();
});

test('a row that was opened meanwhile stays open when the one before is gone', () => {
  const { transfers } = opened();
  transfers.focus({ kind: 'item', id: 2 });
  transfers.take({ kind: 'delta', ...delta(2, []), details: { kind: 'gone' } });
  expect([transfers.details, transfers.view.focus]).toEqual([null, { kind: 'item', id: 2 }]);
});

test('a row that is asked to pause says so at once, until the engine tells that it does', async () => {
  const act = vi.fn(() => Promise.resolve({ undo: false, count: 1 }));
  const transfers = new Transfers({ act } as unknown as Ipc);
  transfers.take({ kind: 'snapshot', ...snapshot });
  const asked = transfers.act('pause', [{ kind: 'item', id: 2 }]);
  expect([1, 2].map((id) => transfers.pausing.has(id))).toEqual([false, true]);
  await asked;
  transfers.take({ kind: 'delta', ...delta(1, [{ ...sent(2, 5), state: { kind: 'paused', by: 'you', since: 0 } }]) });
  expect(transfers.pausing.size).toBe(0);
});

test('a pause that is refused, or touches nothing, is not shown any longer', async () => {
  const act = vi.fn();
  const transfers = new Transfers({ act } as unknown as Ipc);
  transfers.take({ kind: 'snapshot', ...snapshot });
  act.mockRejectedValueOnce({ code: 'unexpected' });
  await transfers.act('pause', [{ kind: 'item', id: 2 }]).catch(() => null);
  expect(transfers.pausing.size).toBe(0);
  act.mockResolvedValueOnce({ undo: false, count: 0 });
  await transfers.act('pause', [{ kind: 'item', id: 2 }]);
  expect(transfers.pausing.size).toBe(0);
});
