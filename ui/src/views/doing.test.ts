import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Action, DoneView, ErrorCode, FoundView, Ipc, Target } from '../ipc';
import { Session } from '../state/session.svelte';
import { Toasts } from '../state/toasts.svelte';
import { Transfers } from '../state/transfers.svelte';
import type { Thing } from '../state/selection.svelte';
import { Doing } from './doing';

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

test('very many rows that are cleared come back at a word as well', async () => {
  const [clearDone, undoClear] = [1, 0].map((count) => vi.fn(() => Promise.resolve({ undo: true, count })));
  const ipc = { clearDone, undoClear } as unknown as Ipc;
  const [toasts, transfers] = [new Toasts(), new Transfers(ipc)];
  transfers.totals = { ...transfers.totals, done: 100_000 };
  new Doing(ipc, transfers, toasts, new Session(ipc, toasts)).clearDone();
  await settled();
  expect(toasts.now?.action?.label).toBe('Undo');
  toasts.act();
  await settled();
  expect(undoClear).toHaveBeenCalledOnce();
  // It came to nothing, and says so.
  expect(toasts.now).not.toBeNull();
});

test('nothing is said of what touched nothing, and no Undo is offered that would do nothing', async () => {
  const none = hands(() => Promise.resolve({ undo: true, count: 0 }));
  none.doing.drop(thing('uploading'));
  await settled();
  expect(none.toasts.now).toBeNull();
  const final = hands(() => Promise.resolve({ undo: false, count: 1 }));
  final.doing.drop(thing('uploading'));
  await settled();
  expect(final.toasts.now?.action).toBeNull();
});

test('a refused command says why', async () => {
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
  const { doing, toasts } = hands(() => Promise.reject({ code: 'disk-full' }));
  doing.pause(thing('uploading'));
  await settled();
  expect(toasts.now?.words).toBe('This computer’s disk is full. Make room on it, then try again.');
});

test('what is refused is told in words of what was asked, and never of a file that has nothing to do with it', async () => {
  // Refusals cross the bridge as plain objects.
  const refuses = (code: ErrorCode) => () => Promise.reject(Object.assign(new Error(), { code }));
  const ipc = {
    copyText: refuses('unexpected'),
    showInFolder: (target: Target) =>
      refuses(target.kind === 'item' && target.id === 2 ? 'source-offline' : 'file-missing')(),
    saveReceipt: refuses('file-unreadable'),
    act: refuses('bad-input'),
  } as unknown as Ipc;
  const toasts = new Toasts();
  const doing = new Doing(ipc, new Transfers(ipc), toasts, new Session(ipc, toasts));
  const said = async (ask: () => void) => {
    ask();
    await settled();
    return toasts.now?.words;
  };
  expect(await said(() => doing.copy(thing('done'), 'key'))).toBe('It could not be copied. Try again.');
  expect(await said(() => doing.show(thing('done')))).toBe('It could not be shown. Look for it by hand.');
  const away = { ...thing('done'), target: item(2) };
  expect(await said(() => doing.show(away))).toBe('The drive does not answer. Reconnect it, then try again.');
  expect(await said(() => doing.receipt(thing('done')))).toBe('The file could not be written. Choose another place.');
  expect(await said(() => doing.pause(thing('uploading')))).toBe('Nothing was changed. Try again.');
});

const item = (id: number): Target => ({ kind: 'item', id });

test('several are cancelled and removed by one press, and one Undo takes back both', async () => {
  const { doing, toasts, asked } = hands(() => Promise.resolve({ undo: true, count: 1 }));
  doing.drop({ ...thing('uploading'), target: item(1) }, { ...thing('done'), target: item(2) });
  await settled();
  expect(toasts.now?.words).toBe('Cancelled 1, removed 1 from list.');
  toasts.act();
  await settled();
  expect(asked.slice(0, 3)).toEqual([
    ['cancel', [item(1)]],
    ['remove', [item(2)]],
    ['undo', [item(1), item(2)]],
  ]);
});

test('a toast tells what was cancelled, not what was asked', async () => {
  const answers = [3, 2];
  const { doing, toasts } = hands(() => Promise.resolve({ undo: true, count: answers.shift() ?? 0 }));
  const uploading = [1, 2, 3, 4].map((id) => ({ ...thing('uploading'), target: item(id) }));
  const done = [5, 6].map((id) => ({ ...thing('done'), target: item(id) }));
  doing.drop(...uploading, ...done);
  await settled();
  expect(toasts.now?.words).toBe('Cancelled 3, removed 2 from list.');
});

test('where all of it was done already, only what was removed is told', async () => {
  const answers = [0, 2];
  const { doing, toasts } = hands(() => Promise.resolve({ undo: true, count: answers.shift() ?? 0 }));
  const done = [5, 6].map((id) => ({ ...thing('done'), target: item(id) }));
  doing.drop({ ...thing('uploading'), target: item(1) }, ...done);
  await settled();
  expect(toasts.now?.words).toBe('Removed 2 from list.');
});

test('an undo that comes before the cancel took hold is asked again, and only for what was cancelled', async () => {
  vi.useFakeTimers();
  let undone = 0;
  const { doing, toasts, asked } = hands(() => {
    const last = asked.at(-1)?.[0];
    if (last !== 'undo') return Promise.resolve({ undo: true, count: 1 });
    undone += 1;
    return Promise.resolve({ undo: false, count: undone === 3 ? 1 : 0 });
  });
  doing.drop(thing('uploading'));
  await vi.advanceTimersByTimeAsync(0);
  toasts.act();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked.map(([action]) => action)).toEqual(['cancel', 'undo', 'undo', 'undo']);
  expect(toasts.now).toBeNull();
  vi.useRealTimers();
});

test('an undo that puts nothing back says so', async () => {
  vi.useFakeTimers();
  const { doing, toasts } = hands(() => Promise.resolve({ undo: true, count: toasts.now ? 0 : 1 }));
  doing.drop(thing('uploading'));
  await vi.advanceTimersByTimeAsync(0);
  const undo = toasts.now?.action;
  toasts.say('something else');
  undo?.run();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(toasts.now?.words).toBe('It could not be put back. Upload it again.');
  vi.useRealTimers();
});

test('alike problems are tried again together', async () => {
  const { doing, asked } = hands(() => Promise.resolve({ undo: false, count: 2 }));
  const failed = (id: number, code: 'offline' | 'already-there') => ({
    target: item(id),
    name: '',
    state: { kind: 'failed' as const, code },
  });
  doing.main(failed(1, 'offline'), failed(2, 'already-there'), failed(3, 'offline'));
  await settled();
  expect(asked).toEqual([
    ['retry', [item(1), item(3)]],
    ['keep-both', [item(2)]],
  ]);
});

const failed = (id: number, code: ErrorCode, ofFolder = false): Thing => ({
  target: item(id),
  name: 'town-hall.mp4',
  state: { kind: 'failed', code },
  ofFolder,
});

/** The hands of a person in front of a shell that answers so. */
function shell(ipc: Partial<Ipc>): { doing: Doing; toasts: Toasts; led: string[] } {
  const toasts = new Toasts();
  const led: string[] = [];
  const leads = { password: () => void led.push('password'), updates: () => void led.push('updates') };
  const all = ipc as Ipc;
  const doing = new Doing(all, new Transfers(all), toasts, new Session(all, toasts), leads);
  return { doing, toasts, led };
}

test('missing files are shown one after the other, and what became of each is said', async () => {
  const answers: FoundView[] = ['same', 'anew', 'left'];
  const findFile = vi.fn<Ipc['findFile']>(() => Promise.resolve(answers.shift() ?? 'not'));
  const { doing, toasts } = shell({ findFile });
  const said: (string | undefined)[] = [];
  const say = toasts.say.bind(toasts);
  toasts.say = (words, action) => {
    said.push(words);
    say(words, action);
  };
  doing.main(...[1, 2, 3, 4].map((id) => failed(id, 'file-missing')));
  await settled();
  expect(findFile.mock.calls).toEqual([[item(1)], [item(2)], [item(3)]]);
  expect(said).toEqual([
    'Found. It goes on with what was sent.',
    'This is another version. It is sent from the beginning.',
  ]);
});

test('a file of a folder that is missing is looked for where it was', async () => {
  const { doing, asked } = hands(() => Promise.resolve({ undo: false, count: 1 }));
  doing.main(failed(1, 'file-missing', true));
  await settled();
  expect(asked).toEqual([['retry', [item(1)]]]);
});

test('where no other name can be proposed that is said', async () => {
  const { doing, toasts, asked } = hands(() => Promise.resolve({ undo: false, count: 0 }));
  doing.main(failed(1, 'name-refused'));
  await settled();
  expect(asked).toEqual([['proposed-name', [item(1)]]]);
  expect(toasts.now?.words).toBe('There is no other name to propose. Rename it, then add it again.');
});

test('what has no destination any more goes where a person chooses, and nothing else with it', async () => {
  const sendTo = vi.fn<Ipc['sendTo']>(() => Promise.resolve({ undo: false, count: 1 }));
  const { doing, toasts } = shell({ sendTo });
  const to = { id: 'rushes', label: 'Projects / Rushes', linkable: false };
  doing.sendTo(to, failed(1, 'destination-gone'), failed(2, 'offline'), failed(3, 'destination-gone', true));
  await settled();
  expect(sendTo.mock.calls).toEqual([[[item(1), item(3)], 'rushes']]);
  expect(toasts.now?.words).toBe('Goes to Projects › Rushes now, from the beginning.');
});

test('a person is led to where a problem is mended', async () => {
  const openClockSettings = vi.fn<Ipc['openClockSettings']>(() => Promise.reject(new Error('no panel')));
  const openSignInPage = vi.fn<Ipc['openSignInPage']>(() => Promise.resolve(null));
  const { doing, toasts, led } = shell({ openClockSettings, openSignInPage });
  const waits = (code: 'captive-portal' | 'proxy-auth') =>
    ({ kind: 'waiting', code, drive: null, until: null, next: 'person' }) as const;
  doing.main({ ...thing('uploading'), state: waits('proxy-auth') });
  doing.main(failed(1, 'client-too-old'));
  expect(led).toEqual(['password', 'updates']);
  doing.main({ ...thing('uploading'), state: waits('captive-portal') });
  expect(openSignInPage).toHaveBeenCalledOnce();
  doing.main(failed(1, 'clock-wrong'));
  await settled();
  expect(toasts.now?.words).toBe('Set the clock in your system settings.');
});
