import { expect, test, vi } from 'vitest';
import type { Ipc, Preferences as Record, Source } from '../ipc';
import { Preferences } from './preferences.svelte';
import { Toasts } from './toasts.svelte';

const usual: Record = {
  tellDone: true,
  tellNeedsYou: true,
  tellWatched: false,
  keepAwake: true,
  keepWorking: true,
  tray: true,
  startAtLogin: false,
  sameName: null,
  pauseMetered: true,
  pauseOnLowBattery: true,
  theme: 'system',
  installUpdates: true,
};

/** Who says whether the computer stays awake. */
const by: { now: Source } = { now: 'default' };

function known(setPreferences: Ipc['setPreferences']) {
  const ipc = {
    preferences: () => Promise.resolve(usual),
    hasTray: () => Promise.resolve(true),
    settingSources: () => Promise.resolve([{ name: 'keepAwake', source: by.now, locked: false }]),
    setPreferences,
  } as unknown as Ipc;
  const toasts = new Toasts();
  return { preferences: new Preferences(ipc, toasts), toasts };
}

test('a change holds at once, here and in the records, and the rest stays', async () => {
  const set = vi.fn<Ipc['setPreferences']>(() => Promise.resolve(null));
  const { preferences } = known(set);
  preferences.set({ keepAwake: false });
  expect(set).not.toHaveBeenCalled();
  await preferences.load();
  preferences.set({ keepAwake: false });
  preferences.set({ tellWatched: true });
  expect(preferences.now).toEqual({ ...usual, keepAwake: false, tellWatched: true });
  expect(set).toHaveBeenLastCalledWith({ ...usual, keepAwake: false, tellWatched: true });
});

test('who says it is told anew once a change is on record', async () => {
  const { preferences } = known(() => Promise.resolve(null));
  await preferences.load();
  expect(preferences.source('keepAwake').source).toBe('default');
  by.now = 'person';
  preferences.set({ keepAwake: false });
  await vi.waitFor(() => expect(preferences.source('keepAwake').source).toBe('person'));
  expect(preferences.source('tray')).toEqual({ name: 'tray', source: 'default', locked: false });
});

test('what is refused is put back, with the reason', async () => {
  // Refusals cross the bridge as plain objects.
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
  const { preferences, toasts } = known(() => Promise.reject({ code: 'disk-full' }));
  await preferences.load();
  preferences.set({ tray: false });
  await vi.waitFor(() => expect(preferences.now).toEqual(usual));
  expect(toasts.now?.words).toBe('This computer’s disk is full. Make room on it, then try again.');
});
