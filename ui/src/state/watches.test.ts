import { expect, test, vi } from 'vitest';
import type { InboxView, Ipc, Problem, WatchView, Wishes } from '../ipc';
import { usual } from './sample';
import { Toasts } from './toasts.svelte';
import { Watches } from './watches.svelte';

/** As nobody could have made it in the window. */
const wishes: Wishes = {
  ...usual,
  under: '{host}/{date}',
  leftovers: ['*.cache'],
  bounds: { least: 1, most: 9, depth: 2, age: 60 },
  unit: 'top-folder',
  hours: { days: ['sat'], from: 60, to: 120 },
  lines: [
    { kind: 'exclude', pattern: '*.proxy.mov' },
    { kind: 'include', pattern: '*.mov' },
    { kind: 'exclude', pattern: '*' },
  ],
  settle: 45,
  after: 'delete',
  collision: 'fail',
};
const watch = { id: 3, name: 'in', folder: '/in', to: 'rushes', wishes, doing: { kind: 'watching' } } as WatchView;
const given = { id: 7, files: 0, folders: 1, unknown: 0, size: 0, names: ['other'] } satisfies InboxView;

async function known(all: WatchView[] = [watch]) {
  const done = () => Promise.resolve(null);
  const ipc = {
    subscribeWatches: (listen: (all: WatchView[]) => void) => {
      listen(all);
      return done();
    },
    pickWatchRoot: () => Promise.resolve(given),
    changeWatch: vi.fn<Ipc['changeWatch']>(done),
    relocateWatch: vi.fn<Ipc['relocateWatch']>(done),
    addWatch: vi.fn<Ipc['addWatch']>(() => Promise.resolve(1)),
    pauseWatches: vi.fn<Ipc['pauseWatches']>(done),
    pauseWatch: vi.fn<Ipc['pauseWatch']>(done),
    resumeWatch: vi.fn<Ipc['resumeWatch']>(done),
    stopWatch: vi.fn<Ipc['stopWatch']>(done),
    resumeWatches: vi.fn<Ipc['resumeWatches']>(done),
  };
  const toasts = new Toasts();
  const shows = vi.fn<() => void>();
  const watches = new Watches(ipc as unknown as Ipc, toasts, shows);
  await watches.start(usual);
  return { ipc, toasts, watches, shows };
}

test('what is saved as it was opened is as it was', async () => {
  const { ipc, watches } = await known();
  watches.edit(watch);
  if (watches.sheet) await watches.save(watches.sheet);
  expect(ipc.changeWatch.mock.lastCall).toEqual([3, wishes, wishes, null]);
  expect(ipc.relocateWatch).not.toHaveBeenCalled();
  expect(watches.sheet).toBeNull();
});

test('another destination is named where it is another', async () => {
  const { ipc, watches } = await known();
  for (const [to, named] of [
    ['archive', 'archive'],
    ['rushes', null],
  ] as const) {
    watches.edit(watch);
    await watches.save({ wishes, to, existing: 'all' });
    expect(ipc.changeWatch.mock.lastCall?.[3]).toBe(named);
  }
});

test('a new folder begins as most people wish it, by the word of the core', async () => {
  const { ipc, watches } = await known();
  await watches.add();
  expect(watches.sheet).toMatchObject({ name: 'other', wishes: usual, existing: 'all', watch: null });
  if (watches.sheet) await watches.save({ ...watches.sheet, to: 'rushes' });
  expect(ipc.addWatch.mock.lastCall).toEqual([7, 'rushes', usual, 'all']);
});

test('a folder that cannot be is told of in words of its own, and nothing that was written is lost', async () => {
  const { ipc, toasts, watches } = await known();
  const refuses: Problem = { code: 'bad-input', owner: 'user', detail: '', reference: null };
  // Refusals cross the bridge as plain objects.
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
  ipc.addWatch.mockImplementation(() => Promise.reject(refuses));
  await watches.add();
  const { sheet } = watches;
  if (sheet) await watches.save({ ...sheet, wishes });
  expect(toasts.now?.words).toBe('This folder is watched already, or cannot be.');
  expect(watches.sheet).toBe(sheet);
});

test('another folder keeps what was written so far, and is the watched one once it is saved', async () => {
  const { ipc, watches } = await known();
  watches.edit(watch);
  const draft = { wishes: { ...wishes, settle: 30 }, to: 'archive', existing: 'all' } as const;
  await watches.another(draft);
  expect(watches.sheet).toMatchObject({ ...draft, name: 'other', watch });
  expect(ipc.relocateWatch).not.toHaveBeenCalled();
  if (watches.sheet) await watches.save(watches.sheet);
  expect(ipc.changeWatch.mock.lastCall).toEqual([3, wishes, draft.wishes, 'archive']);
  expect(ipc.relocateWatch.mock.lastCall).toEqual([3, 7]);
  expect(ipc.addWatch).not.toHaveBeenCalled();
});

test('what was kept beside a folder that is refused is what was wished before from then on', async () => {
  const { ipc, watches } = await known();
  watches.edit(watch);
  const draft = { wishes: { ...wishes, settle: 30 }, to: null, existing: 'all' } as const;
  await watches.another(draft);
  ipc.relocateWatch.mockRejectedValueOnce({ code: 'bad-input', owner: 'user', detail: '', reference: null });
  expect(await watches.save(draft)).toBe(false);
  await watches.save({ ...draft, wishes });
  expect(ipc.changeWatch.mock.lastCall).toEqual([3, draft.wishes, wishes, null]);
});

test('what was kept beside a folder that is refused is not told as discarded', async () => {
  const { ipc, toasts, watches } = await known();
  watches.edit(watch);
  const draft = { wishes: { ...wishes, settle: 30 }, to: 'archive', existing: 'all' } as const;
  await watches.another(draft);
  ipc.relocateWatch.mockRejectedValueOnce({ code: 'bad-input', owner: 'user', detail: '', reference: null });
  await watches.save(draft);
  const before = toasts.now;
  watches.discard(draft, 'Changes discarded.', 'Undo');
  expect(toasts.now).toBe(before);
  expect(watches.sheet).toBeNull();
});

test('what is discarded comes back as it was written, beside what was wished before', async () => {
  const { ipc, toasts, watches } = await known();
  watches.edit(watch);
  const { sheet } = watches;
  const draft = { wishes: { ...wishes, settle: 30 }, to: 'archive', existing: 'all' } as const;
  watches.discard(draft, 'Changes discarded.', 'Undo');
  expect(watches.sheet).toBeNull();
  toasts.act();
  expect(watches.sheet).toEqual({ ...sheet, ...draft });
  await watches.save(draft);
  expect(ipc.changeWatch.mock.lastCall).toEqual([3, wishes, draft.wishes, 'archive']);
});

test('a sheet whose page goes is as it was written when it is there again, and closed it says what is lost', async () => {
  const { ipc, toasts, watches } = await known();
  watches.edit(watch);
  const { sheet } = watches;
  const draft = { wishes: { ...wishes, settle: 30 }, to: 'archive', existing: 'all' } as const;
  if (sheet) watches.keep(sheet, draft);
  expect(watches.sheet).toMatchObject(draft);
  for (let turn = 0; turn < 2; turn += 1) {
    watches.discard(draft, 'Changes discarded.', 'Undo');
    expect([watches.sheet, toasts.now?.words]).toEqual([null, 'Changes discarded.']);
    toasts.act();
  }
  await watches.save(draft);
  expect(ipc.changeWatch.mock.lastCall).toEqual([3, wishes, draft.wishes, 'archive']);
});

test('a sheet that was closed does not come back with its page', async () => {
  const { watches } = await known();
  watches.edit(watch);
  const { sheet } = watches;
  const draft = { wishes: { ...wishes, settle: 30 }, to: null, existing: 'all' } as const;
  watches.discard(draft, 'Changes discarded.', 'Undo');
  if (sheet) watches.keep(sheet, draft);
  expect(watches.sheet).toBeNull();
});

/** An answer that comes when it is let. */
function late() {
  const way: { come: () => void; refuse: (problem: Problem) => void } = {
    come: () => undefined,
    refuse: () => undefined,
  };
  const answer = new Promise<null>((come, refuse) => {
    way.come = () => come(null);
    way.refuse = refuse;
  });
  return { answer, come: () => way.come(), refuse: (problem: Problem) => way.refuse(problem) };
}

const refuses: Problem = { code: 'unexpected', owner: 'service', detail: '', reference: null };

test('a folder that cannot be stopped keeps its sheet, and what was written in it', async () => {
  const { ipc, toasts, watches } = await known();
  watches.edit(watch);
  const { sheet } = watches;
  ipc.pauseWatch.mockRejectedValueOnce(refuses);
  await watches.stop(watch);
  expect(watches.sheet).toBe(sheet);
  expect([watches.all, toasts.now?.action]).toEqual([[watch], null]);
  await watches.stop(watch);
  expect(watches.sheet).toBeNull();
});

test('the sheet of another folder stays open, whatever answer comes late', async () => {
  const { ipc, watches } = await known();
  const other = { ...watch, id: 9 };
  const [kept, stopped] = [late(), late()];
  ipc.changeWatch.mockReturnValueOnce(kept.answer);
  watches.edit(watch);
  const draft = { wishes: { ...wishes, settle: 30 }, to: null, existing: 'all' } as const;
  const saves = watches.save(draft);
  watches.discard(draft, 'Changes discarded.', 'Undo');
  watches.edit(other);
  kept.come();
  expect(await saves).toBe(true);
  expect(watches.sheet?.watch).toBe(other);
  ipc.pauseWatch.mockReturnValueOnce(stopped.answer);
  const stops = watches.stop(watch);
  stopped.come();
  await stops;
  expect(watches.sheet?.watch).toBe(other);
});

test('what is on its way to be kept is not told as discarded, and is there again where it is refused', async () => {
  const { ipc, toasts, watches, shows } = await known();
  const [kept, refused] = [late(), late()];
  const draft = { wishes: { ...wishes, settle: 30 }, to: null, existing: 'all' } as const;
  ipc.changeWatch.mockReturnValueOnce(kept.answer).mockReturnValueOnce(refused.answer);
  watches.edit(watch);
  const first = watches.save(draft);
  watches.discard(draft, 'Changes discarded.', 'Undo');
  expect([watches.sheet, toasts.now]).toEqual([null, null]);
  kept.come();
  await first;
  expect([watches.sheet, toasts.now]).toEqual([null, null]);
  watches.edit(watch);
  const second = watches.save(draft);
  watches.discard(draft, 'Changes discarded.', 'Undo');
  refused.refuse(refuses);
  await second;
  expect(watches.sheet).toMatchObject(draft);
  expect(shows).toHaveBeenCalledOnce();
});

test('what is written after it was sent to be kept is told as discarded', async () => {
  const { ipc, toasts, watches } = await known();
  const kept = late();
  ipc.changeWatch.mockReturnValueOnce(kept.answer);
  watches.edit(watch);
  const draft = { wishes: { ...wishes, settle: 30 }, to: null, existing: 'all' } as const;
  const saves = watches.save(draft);
  watches.discard({ ...draft, to: 'archive' }, 'Changes discarded.', 'Undo');
  expect(toasts.now?.words).toBe('Changes discarded.');
  kept.come();
  await saves;
});

test('an Undo of what was discarded goes to where it is seen', async () => {
  const { toasts, watches, shows } = await known();
  watches.edit(watch);
  watches.discard({ wishes, to: 'archive', existing: 'all' }, 'Changes discarded.', 'Undo');
  expect(shows).not.toHaveBeenCalled();
  toasts.act();
  expect(shows).toHaveBeenCalledOnce();
  expect(watches.sheet?.to).toBe('archive');
});

test('all rest at a word, and go on where all rest', async () => {
  const rests = { ...watch, id: 4, doing: { kind: 'paused', since: 0 } } as WatchView;
  const { ipc, watches } = await known([watch, rests]);
  watches.toggleAll();
  expect(ipc.pauseWatches).toHaveBeenCalledOnce();
  const resting = await known([rests]);
  resting.watches.toggleAll();
  expect(resting.ipc.resumeWatches).toHaveBeenCalledOnce();
});

test('a folder that is watched no more rests at once, and stops only when its toast is gone', async () => {
  const { ipc, toasts, watches } = await known();
  watches.edit(watch);
  await watches.stop(watch);
  expect([watches.all, watches.sheet, toasts.now?.words]).toEqual([[], null, '“in” is watched no more.']);
  expect([ipc.pauseWatch.mock.lastCall, ipc.stopWatch.mock.calls.length]).toEqual([[3], 0]);
  toasts.say('another');
  expect(ipc.stopWatch.mock.lastCall).toEqual([3]);
});

test('Undo watches a folder on as it was, also one that rested', async () => {
  const rests = { ...watch, id: 4, doing: { kind: 'paused', since: 0 } } as WatchView;
  for (const [one, again] of [
    [watch, [[3]]],
    [rests, []],
  ] as const) {
    const { ipc, toasts, watches } = await known([one]);
    await watches.stop(one);
    toasts.act();
    expect([watches.all, ipc.resumeWatch.mock.calls]).toEqual([[one], again]);
    toasts.say('another');
    expect(ipc.stopWatch).not.toHaveBeenCalled();
  }
});

test('a folder that could not be stopped is there again', async () => {
  const { ipc, toasts, watches } = await known();
  ipc.stopWatch.mockRejectedValueOnce(refuses);
  await watches.stop(watch);
  toasts.say('another');
  await vi.waitFor(() => expect(watches.all).toEqual([watch]));
});
