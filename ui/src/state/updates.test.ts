import { expect, test, vi } from 'vitest';
import type { Ipc, UpdatesNow } from '../ipc';
import { Toasts } from './toasts.svelte';
import { Updates } from './updates.svelte';

const told = (now: UpdatesNow) => ({ version: '1.3.2', now });
const current = told({ kind: 'current', checked: null, trouble: null });
const ready = told({ kind: 'ready', version: '1.4.0', trouble: null });

function known(ipc: Partial<Ipc>) {
  const toasts = new Toasts();
  return { updates: new Updates(ipc as Ipc, toasts), toasts };
}

test('an update is offered once it is there, and not while it is fetched or about to be installed', async () => {
  const { updates } = known({ updates: () => Promise.resolve(current) });
  expect([updates.view, updates.offered]).toEqual([null, false]);
  await updates.load();
  expect([updates.view, updates.offered]).toEqual([current, false]);
  const kinds: [UpdatesNow, boolean][] = [
    [{ kind: 'looking' }, false],
    [{ kind: 'fetching', version: '1.4.0', percent: 41 }, false],
    [ready.now, true],
    [{ kind: 'ready', version: '1.4.0', trouble: 'not-installed' }, true],
    [{ kind: 'finishing', version: '1.4.0' }, false],
    [{ kind: 'off', why: 'company' }, false],
  ];
  for (const [now, offered] of kinds) {
    updates.hear({ kind: 'updates', updates: told(now) });
    expect(updates.offered, now.kind).toBe(offered);
  }
});

test('what is heard before the answer to the first question is the newer of both', async () => {
  let answer: (view: typeof current) => void = () => undefined;
  const { updates } = known({ updates: () => new Promise((resolve) => (answer = resolve)) });
  const loaded = updates.load();
  updates.hear({ kind: 'updates', updates: ready });
  updates.hear({ kind: 'hover-left' });
  answer(current);
  await loaded;
  expect(updates.view).toEqual(ready);
});

test('each word of a person is passed on, and what is refused is told', async () => {
  const ask = () => vi.fn(() => Promise.resolve(null));
  const [checkUpdates, installUpdate] = [ask(), ask()];
  // Refusals cross the bridge as plain objects.
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
  const leaveUpdate = () => Promise.reject({ code: 'disk-full' });
  const { updates, toasts } = known({ checkUpdates, installUpdate, leaveUpdate });
  updates.check();
  updates.install();
  expect([checkUpdates, installUpdate].map((asked) => asked.mock.calls.length)).toEqual([1, 1]);
  expect(toasts.now).toBeNull();
  updates.leave();
  await vi.waitFor(() =>
    expect(toasts.now?.words).toBe('This computer’s disk is full. Make room on it, then try again.'),
  );
});
