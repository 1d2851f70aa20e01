import { expect, test, vi } from 'vitest';
import type { Details, EntryView, HistoryView, Ipc, Problem, Query } from '../ipc';
import { ALL, History } from './history.svelte';
import { Toasts } from './toasts.svelte';

const entry = (item: number, is: Partial<EntryView> = {}): EntryView => ({
  item,
  ended: 1_000_000 - item,
  result: 'done',
  name: `${item}.mov`,
  destination: 'Rushes',
  files: 1,
  size: 9,
  folder: false,
  listed: true,
  again: true,
  link: true,
  ...is,
});

/** A history of so many entries of one day, that answers when it is let. */
function known(count = 1_000) {
  let [search, matched] = [0, 0];
  const waits: (() => void)[] = [];
  let held = false;
  const when = <T>(value: T): Promise<T> => {
    if (!held) return Promise.resolve(value);
    return new Promise((done) => waits.push(() => done(value)));
  };
  const found = (query: Query): HistoryView => {
    search += 1;
    matched = query.text === 'none' ? 0 : count;
    const days = matched > 0 ? [{ began: 0, count: matched }] : [];
    return { search, matched, all: count, size: 9 * matched, days, destinations: ['Rushes'] };
  };
  const ipc = {
    searchHistory: vi.fn<Ipc['searchHistory']>((query) => when(found(query))),
    historyRows: vi.fn<Ipc['historyRows']>((of, first, many) =>
      when(
        of === search
          ? Array.from({ length: Math.max(0, Math.min(many, matched - first)) }, (_, at) => entry(first + at))
          : [],
      ),
    ),
    historyDetails: vi.fn<Ipc['historyDetails']>((item) => when({ name: `${item}.mov` } as Details)),
    saveReceipt: vi.fn<Ipc['saveReceipt']>(() => Promise.resolve('moving')),
    copyLink: vi.fn<Ipc['copyLink']>(() => Promise.resolve('now')),
    showInFolder: vi.fn<Ipc['showInFolder']>(() => Promise.resolve(null)),
    uploadAgain: vi.fn<Ipc['uploadAgain']>(() => Promise.resolve(null)),
    saveHistory: vi.fn<Ipc['saveHistory']>(() => Promise.resolve('saved')),
  };
  const toasts = new Toasts();
  const history = new History(ipc as unknown as Ipc, toasts);
  const settled = () => new Promise((done) => setTimeout(done));
  const hold = () => (held = true);
  /** Answers all that waits, and all that comes of it. */
  const release = async () => {
    held = false;
    waits.splice(0).forEach((go) => go());
    await settled();
  };
  return { ipc, toasts, history, settled, hold, release };
}

test('what ended is asked for when somebody looks, and again when history is another one meanwhile', async () => {
  const { ipc, history, settled } = known();
  history.told(3);
  expect(ipc.searchHistory).not.toHaveBeenCalled();
  history.start();
  await settled();
  expect(history.shown).toMatchObject({ found: { matched: 1_000 }, first: 0 });
  expect(history.entries[0]).toMatchObject({ index: 0, entry: { item: 0 } });
  history.told(3);
  await settled();
  expect(ipc.searchHistory).toHaveBeenCalledTimes(1);
  history.told(4);
  await settled();
  expect(ipc.searchHistory).toHaveBeenCalledTimes(2);
  history.stop();
  history.told(5);
  await settled();
  expect(ipc.searchHistory).toHaveBeenCalledTimes(2);
});

test('of what is typed while an answer is awaited the last is asked for, and nothing before it is shown', async () => {
  const { ipc, history, settled, hold, release } = known();
  history.start();
  await settled();
  const before = history.shown;
  hold();
  for (const words of ['f', 'fj', 'fjo']) history.search({ text: words });
  await settled();
  expect(ipc.searchHistory).toHaveBeenCalledTimes(2);
  expect(history.shown).toBe(before);
  await release();
  expect(ipc.searchHistory.mock.calls.map(([query]) => query.text)).toEqual(['', 'f', 'fjo']);
  expect(history.shown?.query.text).toBe('fjo');
});

test('another slice is asked for when what is seen leaves the one that is there', async () => {
  const { ipc, history, settled } = known();
  history.start();
  await settled();
  history.window(0, 600);
  expect(ipc.historyRows).toHaveBeenCalledTimes(1);
  history.window(18_000, 600);
  await settled();
  expect(ipc.historyRows).toHaveBeenCalledTimes(2);
  const { first = 0 } = history.shown ?? {};
  expect(first).toBeGreaterThan(450);
  expect(history.entries[0]).toEqual({ index: first, entry: entry(first) });
  history.search({ text: 'fjord' });
  await settled();
  expect(history.shown?.first).toBe(0);
});

test('a slice that comes after another search was begun is not shown', async () => {
  const { history, settled, hold, release } = known();
  history.start();
  await settled();
  hold();
  history.window(18_000, 600);
  history.search({ text: 'none' });
  await release();
  expect(history.shown).toMatchObject({ query: { text: 'none' }, first: 0, rows: [] });
  expect(history.height).toBe(0);
});

test('what was typed while a search that fails was under way is searched for all the same', async () => {
  const { ipc, toasts, history, settled } = known();
  history.start();
  await settled();
  const refused: Problem = { code: 'unexpected', owner: 'service', detail: '', reference: null };
  ipc.searchHistory.mockRejectedValueOnce(refused);
  history.search({ text: 'f' });
  history.search({ text: 'fjo' });
  await settled();
  expect(history.shown?.query.text).toBe('fjo');
  expect(history.problem).toBeNull();
  expect(toasts.now?.words).toBe('This could not be read. Open it again.');
});

test('what cannot be read says so where it would stand, until it is asked for again', async () => {
  const { ipc, toasts, history, settled } = known();
  const refused: Problem = { code: 'unexpected', owner: 'service', detail: '', reference: null };
  ipc.searchHistory.mockRejectedValueOnce(refused);
  history.start();
  await settled();
  expect([history.shown, history.problem, toasts.now]).toEqual([null, refused, null]);
  history.start();
  await settled();
  expect(history.problem).toBeNull();
  expect(history.shown?.found.matched).toBe(1_000);
  // What is shown already stays, and covers that place.
  ipc.searchHistory.mockRejectedValueOnce(refused);
  history.start();
  await settled();
  expect(history.shown?.found.matched).toBe(1_000);
  expect(toasts.now?.words).toBe('This could not be read. Open it again.');
});

test('what narrows a search down is told, its words aside', () => {
  const { history } = known();
  history.search({ text: 'fjord' });
  expect(history.narrowed).toBe(false);
  for (const change of [
    { when: { kind: 'days', days: 7 } },
    { result: 'failed' },
    { destination: 'Rushes' },
  ] as const) {
    history.search({ ...ALL, ...change });
    expect(history.narrowed).toBe(true);
  }
});

test('what can be done with an entry is said, and so is what cannot', async () => {
  const { ipc, toasts, history, settled } = known();
  history.link(entry(7));
  await settled();
  expect(ipc.copyLink.mock.lastCall).toEqual([{ kind: 'item', id: 7 }]);
  expect(toasts.now?.words).toBe('Link copied');
  history.link(entry(7, { link: false }));
  expect(toasts.now?.words).toBe('There is no link to this.');
  history.again(entry(7));
  await settled();
  expect(toasts.now?.words).toBe('“7.mov” is in the list again.');
  const refused: Problem = { code: 'bad-input', owner: 'user', detail: '', reference: null };
  ipc.uploadAgain.mockRejectedValueOnce(refused);
  history.again(entry(7));
  await settled();
  expect(toasts.now?.words).toBe('This cannot be uploaded again from here.');
  history.search({ text: 'fjord' });
  history.save();
  await settled();
  expect(ipc.saveHistory.mock.lastCall?.[0].text).toBe('fjord');
  expect(toasts.now?.words).toBe('History saved');
});

test('an entry is looked into, and the one that was asked for last is shown', async () => {
  const { history, settled, hold, release } = known();
  history.start();
  await settled();
  hold();
  void history.look(entry(1));
  void history.look(entry(2));
  await release();
  expect(history.about).toMatchObject({ entry: { item: 2 }, details: { name: '2.mov' } });
  void history.look(null);
  expect(history.about).toBeNull();
});

test('what is looked into is asked for anew when history is another one, and closed where it moves again', async () => {
  const { ipc, history, settled } = known();
  history.told(1);
  history.start();
  await history.look(entry(1));
  history.told(2);
  await settled();
  expect(ipc.historyDetails).toHaveBeenCalledTimes(2);
  ipc.historyDetails.mockResolvedValueOnce(null);
  history.told(3);
  await settled();
  expect(history.about).toBeNull();
});

test('a receipt that is not there yet says when it is', async () => {
  const { ipc, toasts, history, settled } = known();
  history.receipt(entry(7));
  await settled();
  expect(ipc.saveReceipt.mock.lastCall).toEqual([{ kind: 'item', id: 7 }]);
  expect(toasts.now?.words).toBe('There is a receipt once everything added with it has ended.');
});
