import { expect, test, vi } from 'vitest';
import type { Ipc, Limits as Record } from '../ipc';
import { Limits, TIMES_AT_MOST } from './limits.svelte';
import { Toasts } from './toasts.svelte';

const none: Record = { usual: null, scheduled: false, times: [] };

async function known(now: Record, setLimits = vi.fn<Ipc['setLimits']>(() => Promise.resolve(null))) {
  const ipc = { limits: () => Promise.resolve(now), setLimits } as unknown as Ipc;
  const toasts = new Toasts();
  const limits = new Limits(ipc, toasts);
  await limits.load();
  return { limits, toasts, set: () => setLimits.mock.lastCall?.[0] };
}

test('a change holds at once, here and in the records', async () => {
  const { limits, set } = await known(none);
  limits.usual(20e6);
  expect(limits.now?.usual).toBe(20e6);
  expect(set()).toEqual({ ...none, usual: 20e6 });
  limits.scheduled(true);
  expect(set()).toEqual({ ...none, usual: 20e6, scheduled: true });
});

test('a limit that was taken away comes back as it was', async () => {
  const { limits } = await known({ ...none, usual: 7e6 });
  limits.limited(false);
  expect(limits.now?.usual).toBeNull();
  limits.limited(true);
  expect(limits.now?.usual).toBe(7e6);
});

test('the first limit is 50 MB/s', async () => {
  const { limits } = await known(none);
  limits.limited(true);
  expect(limits.now?.usual).toBe(50e6);
});

test('times are added, changed, removed and put back where they were', async () => {
  const { limits, set } = await known(none);
  limits.add();
  limits.add();
  limits.time(1, { days: ['sun'], rule: { kind: 'pause' } });
  const before = limits.now?.times ?? [];
  expect(before.map(({ days }) => days.length)).toEqual([5, 1]);
  const [first] = before;
  limits.remove(0);
  expect(set()?.times).toEqual(before.slice(1));
  if (first) limits.insert(0, first);
  expect(set()?.times).toEqual(before);
});

test('a limit chosen past the settings is among them where there is no schedule', async () => {
  let kept = none;
  const ipc = {
    limits: () => Promise.resolve(kept),
    chooseLimit: (usual: number | null) => {
      kept = { ...none, usual };
      return Promise.resolve(null);
    },
  } as unknown as Ipc;
  const limits = new Limits(ipc, new Toasts());
  await limits.load();
  limits.choose(20e6);
  await vi.waitFor(() => expect(limits.now?.usual).toBe(20e6));
});

test('who says a limit is asked anew once one is set, chosen or refused', async () => {
  const said = vi.fn();
  const setLimits = vi.fn<Ipc['setLimits']>(() => Promise.resolve(null));
  const ipc = { limits: () => Promise.resolve(none), setLimits, chooseLimit: () => Promise.resolve(null) };
  const limits = new Limits(ipc as unknown as Ipc, new Toasts(), said);
  await limits.load();
  limits.usual(20e6);
  await vi.waitFor(() => expect(said).toHaveBeenCalledTimes(1));
  limits.choose(null);
  await vi.waitFor(() => expect(said).toHaveBeenCalledTimes(2));
  setLimits.mockRejectedValueOnce({ code: 'set-by-company', detail: 'usual_limit' });
  limits.usual(30e6);
  await vi.waitFor(() => expect(said).toHaveBeenCalledTimes(3));
  expect(limits.now?.usual).toBeNull();
});

test('no more times are added than the records take', async () => {
  const { limits } = await known(none);
  for (let n = 0; n <= TIMES_AT_MOST; n += 1) limits.add();
  expect(limits.now?.times).toHaveLength(TIMES_AT_MOST);
});

test('what is refused is as it was, and says so', async () => {
  const refuses = vi.fn<Ipc['setLimits']>(() => Promise.reject(Object.assign(new Error(), { code: 'disk-full' })));
  const { limits, toasts } = await known({ ...none, usual: 7e6 }, refuses);
  limits.usual(20e6);
  expect(limits.now?.usual).toBe(20e6);
  await vi.waitFor(() => expect(limits.now?.usual).toBe(7e6));
  expect(toasts.now?.words).toContain('disk is full');
});
