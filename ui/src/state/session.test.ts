import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DestinationView, InboxView, Ipc, Problem, SessionView, ShellEvent, TicketView } from '../ipc';
import { errors, number, writeFor } from '../text';
import { clock } from './format';
import { usual } from './sample';
import { Session } from './session.svelte';
import { Toasts } from './toasts.svelte';

let kept: Record<string, string> = {};

beforeEach(() => {
  kept = {};
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => kept[name] ?? null,
    setItem: (name: string, value: string) => (kept[name] = value),
  });
});
afterEach(() => void vi.unstubAllGlobals());

const place = (id: string): DestinationView => ({ id, label: `Projects / ${id}`, linkable: true });
const connected: SessionView = {
  kind: 'connected',
  company: 'Nordlys Studio',
  address: 'upload.nordlys.example',
  destinations: ['rushes', 'photos', 'maps'].map(place),
  unkept: null,
};
const inbox: InboxView = { id: 4, files: 1, folders: 0, unknown: 0, size: 9, names: ['a.mov'] };
const ticket: TicketView = { batch: 1, items: 1, refused: 0, why: null };

function started(ipc: Partial<Ipc> = {}): { session: Session; toasts: Toasts } {
  const toasts = new Toasts();
  const enqueue = () => Promise.resolve(ticket);
  const session = new Session({ enqueue, ...ipc } as unknown as Ipc, toasts);
  session.hear({ kind: 'session', session: connected });
  return { session, toasts };
}
const ids = (session: Session) => session.places.map(({ id }) => id);

test('the place that was used last is the usual one, also after a restart', async () => {
  const { session } = started();
  expect(ids(session)).toEqual(['rushes', 'photos', 'maps']);
  await session.send([inbox], 'maps');
  expect(ids(session)).toEqual(['maps', 'rushes', 'photos']);
  expect(ids(started().session)).toEqual(['maps', 'rushes', 'photos']);
});

test('numbers and times are written as the system does from the first answer on, whatever its language', async () => {
  const formats = { numbers: 'de-DE', times: 'en-US' };
  const hello = () => Promise.resolve({ version: '1.4.0', platform: 'linux', session: connected, usual, formats });
  const { session } = started({ hello, subscribeShell: () => Promise.resolve(null) });
  await session.start();
  const afternoon = new Date(2026, 10, 23, 16, 2).getTime() / 1000;
  expect([number(48_112.5), clock(afternoon).replaceAll('\u202f', ' ')]).toEqual(['48.112,5', '4:02 PM']);
  writeFor(['en-GB']);
});

test('a sign-in that the keychain did not keep says so, once it is taken', async () => {
  const said = 'The system keychain cannot be used. You will sign in again next time.';
  for (const [unkept, words] of [
    ['keychain-unavailable', said],
    [null, null],
  ] as const) {
    const { session, toasts } = started({ signIn: () => Promise.resolve({ ...connected, unkept }) });
    await session.signIn('abc');
    expect([session.unkept, toasts.now?.words ?? null]).toEqual([words, words]);
  }
});

test('a place that is gone from the company is gone from the recent ones', () => {
  const { session } = started();
  session.prefer('maps');
  session.hear({ kind: 'session', session: { ...connected, destinations: [place('rushes')] } });
  expect(ids(session)).toEqual(['rushes']);
});

test('picked files wait for a place, and go at once where one is in view', async () => {
  const enqueue = vi.fn(() => Promise.resolve(ticket));
  const { session } = started({ pickFiles: () => Promise.resolve(inbox), enqueue });
  await session.pick('files');
  expect(session.waiting).toEqual([inbox]);
  expect(enqueue).not.toHaveBeenCalled();
  await session.pick('files', 'photos');
  expect(enqueue).toHaveBeenCalledWith([4], 'photos');
  expect(session.waiting).toEqual([]);
});

test('a dialog that is left without a choice changes nothing', async () => {
  const { session } = started({ pickFolder: () => Promise.resolve(null) });
  await session.pick('folder');
  expect(session.waiting).toEqual([]);
});

test('what could not be added is told', async () => {
  const enqueue = () => Promise.resolve({ ...ticket, refused: 2, why: 'file-missing' as const });
  const { session, toasts } = started({ enqueue });
  await session.send([inbox], 'rushes');
  expect(toasts.now?.words).toBe('2 items were not added. This file was moved, renamed or deleted.');
});

test('what was added already is told so, and what could not be added waits for another choice', async () => {
  const refused = (code: Problem['code']) =>
    vi.fn().mockRejectedValue({ code, owner: 'user', detail: '', reference: null });
  const before = started({ enqueue: refused('bad-input') });
  await before.session.send([inbox], 'rushes');
  expect(before.toasts.now?.words).toMatch(/^It was added before, or let go\./);
  expect(before.session.waiting).toEqual([]);
  const other = started({ enqueue: refused('unexpected') });
  await other.session.send([inbox], 'rushes');
  expect(other.toasts.now?.words).toBe('It was not added. Choose where it goes again.');
  expect(other.session.waiting).toEqual([inbox]);
});

test('what hovers is followed, kept for a choice, or let go', () => {
  const discard = vi.fn(() => Promise.resolve(null));
  const { session } = started({ discard });
  const events: ShellEvent[] = [
    { kind: 'hover', inbox, x: 1, y: 1 },
    { kind: 'hover-moved', x: 5, y: 6 },
  ];
  events.forEach((event) => session.hear(event));
  expect(session.hover).toMatchObject({ x: 5, y: 6, dropped: false });
  session.keep(inbox);
  expect([session.hover, session.waiting]).toEqual([null, [inbox]]);
  session.forget();
  expect(discard).toHaveBeenCalledWith([4]);
  expect(session.waiting).toEqual([]);
});

test('links can still be copied after the sign-in ended', () => {
  const { session } = started();
  session.hear({
    kind: 'session',
    session: { kind: 'signed-out', company: 'a', address: 'b', since: 0, browser: false },
  });
  expect(session.places).toEqual([]);
  expect(session.linkable).toBe(true);
});

test('what happened to the records is told in words', () => {
  const { session, toasts } = started();
  session.hear({ kind: 'records', notice: { kind: 'begun-anew' } });
  expect(toasts.now?.words).toBe('Davit’s records were lost. Add again what was not done.');
  session.hear({ kind: 'records', notice: { kind: 'restored', from: 1_800_000_000 } });
  expect(toasts.now?.words).toMatch(/^Davit’s list is restored from .*15.*\. What was not done then is paused\.$/);
});

const another: InboxView = { ...inbox, id: 5 };
const nowhere: SessionView = { ...connected, destinations: [] };

test('where the company has no place nobody chooses files for nothing: whom to ask is said', async () => {
  const [pickFiles, pickFolder, paste] = [vi.fn(), vi.fn(), vi.fn()];
  const { session, toasts } = started({ pickFiles, pickFolder, paste });
  session.hear({ kind: 'session', session: nowhere });
  for (const what of ['files', 'folder', 'paste'] as const) {
    toasts.act();
    await session.pick(what);
    expect(toasts.now?.words).toBe('Your company has no place for you yet. Ask your administrator.');
  }
  for (const asked of [pickFiles, pickFolder, paste]) expect(asked).not.toHaveBeenCalled();
});

test('what is dropped where the company has no place is let go with a word, and what is given is held until there is one', () => {
  const discard = vi.fn(() => Promise.resolve(null));
  const { session, toasts } = started({ discard });
  session.hear({ kind: 'session', session: nowhere });
  session.hear({ kind: 'dropped', inbox, x: 1, y: 1 });
  expect(discard).toHaveBeenCalledWith([4]);
  expect(toasts.now?.words).toBe('Your company has no place for you yet. Ask your administrator.');
  session.hear({ kind: 'added', inbox: another });
  expect([session.waiting, session.asks]).toEqual([[another], false]);
  session.hear({ kind: 'session', session: connected });
  expect(session.asks).toBe(true);
});

const welcome: SessionView = { kind: 'welcome', address: null, problem: null };
const token: SessionView = { kind: 'token', company: 'Nordlys Studio', address: 'upload.nordlys.example' };
const connecting: SessionView = { kind: 'connecting', company: null, address: 'upload.nordlys.example', instead: null };

const browser: SessionView = { kind: 'browser', company: 'Nordlys Studio', address: 'upload.nordlys.example' };
const signingIn: SessionView = { ...browser, kind: 'signing-in', code: null, at: null, until: 0 };

test('whoever connects to a company that wants the browser has it opened at once', async () => {
  const signInByBrowser = vi.fn(() => Promise.resolve(connected));
  const { session } = started({ connect: () => Promise.resolve(browser), signInByBrowser });
  session.moving = true;
  await session.connect('upload.nordlys.example');
  expect(signInByBrowser).toHaveBeenCalledExactlyOnceWith(false);
  await vi.waitFor(() => expect(session.busy).toBe(false));
  expect([session.view, session.moving]).toEqual([connected, false]);
});

test('who connects is answered before a person has signed in, and no browser opens for who left before that', async () => {
  const signInByBrowser = vi.fn(() => new Promise<SessionView>(() => undefined));
  const leaveSignIn = vi.fn(() => Promise.resolve(null));
  const answers: ((view: SessionView) => void)[] = [];
  const connect = () => new Promise<SessionView>((answer) => answers.push(answer));
  const { session } = started({ connect, signInByBrowser, leaveSignIn });
  const left = session.connect('upload.nordlys.example');
  session.leaveSignIn();
  answers[0]?.(browser);
  await left;
  expect(signInByBrowser).not.toHaveBeenCalled();
  expect([session.view, session.busy]).toEqual([browser, false]);
  const goes = session.connect('upload.nordlys.example');
  answers[1]?.(browser);
  await goes;
  expect(signInByBrowser).toHaveBeenCalledOnce();
  expect([session.busy, leaveSignIn.mock.calls.length]).toEqual([true, 0]);
});

test('a sign-in can be left before its browser is open', async () => {
  const answers: ((view: SessionView) => void)[] = [];
  const signInByBrowser = () => new Promise<SessionView>((answer) => answers.push(answer));
  const leaveSignIn = vi.fn(() => Promise.resolve(null));
  const { session } = started({ signInByBrowser, leaveSignIn });
  session.hear({ kind: 'session', session: browser });
  const signIn = session.signInByBrowser();
  session.leaveSignIn();
  expect(leaveSignIn).toHaveBeenCalledOnce();
  expect(session.busy).toBe(false);
  answers[0]?.(signingIn);
  await signIn;
  expect(session.view).toEqual(browser);
  session.leaveSignIn();
  expect(leaveSignIn).toHaveBeenCalledOnce();
});

test('what comes of a sign-in in whose place another was begun, or that was left, counts no more', async () => {
  const ends: ((problem: Problem) => void)[] = [];
  const signInByBrowser = () => new Promise<SessionView>((_, refuse) => ends.push(refuse));
  const leaveSignIn = vi.fn(() => Promise.resolve(null));
  const { session } = started({ signInByBrowser, leaveSignIn });
  const unfinished: Problem = { code: 'sign-in-unfinished', owner: 'user', detail: '', reference: null };
  session.hear({ kind: 'session', session: browser });
  const first = session.signInByBrowser();
  session.hear({ kind: 'session', session: signingIn });
  const second = session.signInByBrowser();
  ends[0]?.(unfinished);
  await first;
  expect([session.problem, session.busy]).toEqual([null, true]);
  ends[1]?.(unfinished);
  await second;
  expect([session.problem, session.busy]).toEqual([unfinished, false]);
  const third = session.signInByBrowser();
  session.leaveSignIn();
  ends[2]?.(unfinished);
  await third;
  expect(leaveSignIn).toHaveBeenCalledOnce();
  expect([session.problem, session.busy]).toEqual([null, false]);
});

test('where nobody waits for the browser nothing is left', () => {
  const leaveSignIn = vi.fn(() => Promise.resolve(null));
  const { session } = started({ leaveSignIn });
  session.hear({ kind: 'session', session: browser });
  session.leaveSignIn();
  expect(leaveSignIn).not.toHaveBeenCalled();
});

test('what is added while something waits goes with it', async () => {
  const enqueue = vi.fn(() => Promise.resolve(ticket));
  const { session } = started({ enqueue });
  session.hear({ kind: 'added', inbox });
  session.hear({ kind: 'added', inbox: another });
  expect(session.waiting).toEqual([inbox, another]);
  await session.send(session.waiting, 'photos');
  expect(enqueue).toHaveBeenCalledExactlyOnceWith([4, 5], 'photos');
  expect(session.waiting).toEqual([]);
});

test('what is dropped on a place leaves what waits to be asked for', async () => {
  const { session } = started();
  session.hear({ kind: 'added', inbox });
  session.hear({ kind: 'dropped', inbox: another, x: 1, y: 1 });
  await session.send([another], 'photos');
  expect([session.hover, session.waiting]).toEqual([null, [inbox]]);
});

test.each([welcome, token])('what is dropped before the sign-in is forgotten, and never goes anywhere', (view) => {
  const discard = vi.fn(() => Promise.resolve(null));
  const { session } = started({ discard });
  session.hear({ kind: 'session', session: view });
  session.hear({ kind: 'hover', inbox, x: 1, y: 1 });
  session.hear({ kind: 'dropped', inbox, x: 1, y: 1 });
  expect(discard).toHaveBeenCalledWith([4]);
  session.hear({ kind: 'session', session: connected });
  expect([session.hover, session.waiting]).toEqual([null, []]);
});

test('what is dropped or added while the company is away is kept, and asked for once it answers', () => {
  const { session } = started();
  session.hear({ kind: 'session', session: connecting });
  session.hear({ kind: 'dropped', inbox, x: 1, y: 1 });
  session.hear({ kind: 'added', inbox: another });
  expect([session.hover, session.waiting, session.asks]).toEqual([null, [inbox, another], false]);
  session.hear({ kind: 'session', session: connected });
  expect(session.asks).toBe(true);
});

test('what the engine does not take is asked for again', async () => {
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
  const { session, toasts } = started({ enqueue: () => Promise.reject({ code: 'destination-gone' }) });
  session.hear({ kind: 'added', inbox });
  await session.send(session.waiting, 'photos');
  expect(session.waiting).toEqual([inbox]);
  expect(toasts.now?.words).toBe('This destination no longer exists. Choose another one.');
});

test.each(['{oops', '{"rushes":1}', 'null', '[1,["rushes"]]'])('recent places kept as %s are none', (damaged) => {
  kept = { 'davit.recent': damaged };
  expect(ids(started().session)).toEqual(['rushes', 'photos', 'maps']);
});

test('of a company that is forgotten nothing waits, and no place is the usual one', async () => {
  const discard = vi.fn(() => Promise.resolve(null));
  const forgetCompany = vi.fn(() => Promise.resolve(2));
  const { session, toasts } = started({ discard, forgetCompany });
  session.prefer('maps');
  session.keep(inbox);
  const ends = session.forgetCompany();
  expect(session.forgetting).toBe(true);
  session.hear({ kind: 'session', session: { kind: 'welcome', address: null, problem: null } });
  await ends;
  expect(session.forgetting).toBe(false);
  expect(discard).toHaveBeenCalledWith([4]);
  expect([session.waiting, session.recent, session.linkable]).toEqual([[], [], false]);
  expect(toasts.now?.words).toBe('Nordlys Studio is forgotten. Its storage removes 2 unfinished uploads.');
  expect(ids(started().session)).toEqual(['rushes', 'photos', 'maps']);
});

test('who signs out while the company is away is told what comes, and what keeps somebody signed in is told, too', async () => {
  const away: SessionView = { kind: 'connecting', company: 'Nordlys Studio', address: 'a', instead: null };
  const { session, toasts } = started({ signOut: () => Promise.resolve(away) });
  await session.signOut();
  expect(toasts.now?.words).toBe('Signed out. You can sign in again once Nordlys Studio answers.');
  expect(session.left).toBe(true);
  // However the company has people sign in.
  session.hear({ kind: 'session', session: { kind: 'browser', company: 'Nordlys Studio', address: 'a' } });
  expect(session.left).toBe(false);
  const refused: Problem = { code: 'unexpected', owner: 'service', detail: '', reference: null };
  const other = started({ signOut: vi.fn().mockRejectedValue(refused) });
  await other.session.signOut();
  expect(other.toasts.now?.words).toBe('You are still signed in. Try again.');
  expect(other.session.problem).toBeNull();
});

test('a company that cannot be forgotten stays, and why is said', async () => {
  const refused: Problem = { code: 'set-by-company', owner: 'admin', detail: 'server', reference: null };
  const { session, toasts } = started({ forgetCompany: vi.fn().mockRejectedValue(refused) });
  session.prefer('maps');
  await session.forgetCompany();
  expect(session.forgetting).toBe(false);
  expect(session.view).toEqual(connected);
  expect(ids(session)).toEqual(['maps', 'rushes', 'photos']);
  expect(toasts.now?.words).toBe(errors['set-by-company'].toast);
});

test('a question about quitting that the system asked as well, and somebody answered there, is over', () => {
  const { session } = started();
  session.hear({ kind: 'quitting', uploading: 4 });
  expect(session.quitting).toBe(4);
  session.hear({ kind: 'goes-on' });
  expect(session.quitting).toBeNull();
});
