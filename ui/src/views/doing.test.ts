import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Action, DoneView, Ipc, Target } from '../ipc';
import { Session } from '../state/session.svelte';
import { Toasts } from '../state/toasts.svelte';
import { Transfers } from '../state/transfers.svelte';
import { Doing, type Thing } from './doing';

beforeEach(() => {
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });
});
afterEach(() => void vi.unstubAllGlobals());

const target: Target = { kind: 'item', id: 7 };
const thing = (kind: 'uploading' | 'done'): Thing => ({
  target,
  name: 'town-hall.mp4',
  state: kind === 'done' ? { kind, at: 0 } : { kind },
});

function hands(answer: () => Promise<DoneView>): { doing: Doing; toasts: Toasts; asked: [Action, Target[]][] } {
  const asked: [Action, Target[]][] = [];
  const act = (action: Action, targets: Target[]) => {
    asked.push([action, targets]);
    return answer();
  };
  const ipc = { act } as unknown as Ipc;
  const toasts = new Toasts();
  const doing = new Doing(ipc, new Transfers(ipc), toasts, new Session(ipc, toasts));
  return { doing, toasts, asked };
}

const settled = () => new Promise((done) => setTimeout(done));

test('a cancel says so and can be taken back', async () => {
  const { doing, toasts, asked } = hands(() => Promise.resolve({ undo: true, count: 1 }));
  doing.drop(thing('uploading'));
  await settled();
  expect(toasts.now?.words).toBe('Cancelled “town-hall.mp4”.');
  toasts.act();
  expect(asked).toEqual([
    ['cancel', [target]],
    ['undo', [target]],
  ]);
});

test('what is done is removed, not cancelled', async () => {
  const { doing, toasts, asked } = hands(() => Promise.resolve({ undo: true, count: 1 }));
  doing.drop(thing('done'));
  await settled();
  expect(toasts.now?.words).toBe('Removed from list.');
  expect(asked[0]?.[0]).toBe('remove');
});

test('nothing is said of what touched nothing, and no Undo is offered that would do nothing', async () => {
  const none = hands(() => Promise.resolve({ undo: true, count: 0 }));
  none.doing.cancel(thing('uploading'));
  await settled();
  expect(none.toasts.now).toBeNull();
  const final = hands(() => Promise.resolve({ undo: false, count: 1 }));
  final.doing.cancel(thing('uploading'));
  await settled();
  expect(final.toasts.now?.action).toBeNull();
});

test('a refused command says why', async () => {
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
  const { doing, toasts } = hands(() => Promise.reject({ code: 'disk-full' }));
  doing.pause(thing('uploading'));
  await settled();
  expect(toasts.now?.words).toBe('This computer’s disk is full.');
});
