import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DestinationView, InboxView, Ipc, SessionView, ShellEvent, TicketView } from '../ipc';
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
};
const inbox: InboxView = { id: 4, files: 1, folders: 0, size: 9, names: ['a.mov'] };
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
  await session.send(inbox, 'maps');
  expect(ids(session)).toEqual(['maps', 'rushes', 'photos']);
  expect(ids(started().session)).toEqual(['maps', 'rushes', 'photos']);
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
  expect(session.waiting).toEqual(inbox);
  expect(enqueue).not.toHaveBeenCalled();
  await session.pick('files', 'photos');
  expect(enqueue).toHaveBeenCalledWith(4, 'photos');
  expect(session.waiting).toBeNull();
});

test('a dialog that is left without a choice changes nothing', async () => {
  const { session } = started({ pickFolder: () => Promise.resolve(null) });
  await session.pick('folder');
  expect(session.waiting).toBeNull();
});

test('what could not be added is told', async () => {
  const enqueue = () => Promise.resolve({ ...ticket, refused: 2, why: 'file-missing' as const });
  const { session, toasts } = started({ enqueue });
  await session.send(inbox, 'rushes');
  expect(toasts.now?.words).toBe('2 items were not added. This file was moved, renamed or deleted.');
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
  expect([session.hover, session.waiting]).toEqual([null, inbox]);
  session.forget();
  expect(discard).toHaveBeenCalledWith(4);
  expect(session.waiting).toBeNull();
});

test('links can still be copied after the sign-in ended', () => {
  const { session } = started();
  session.hear({ kind: 'session', session: { kind: 'signed-out', company: 'a', address: 'b', since: 0 } });
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
