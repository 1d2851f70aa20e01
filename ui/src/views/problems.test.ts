import { expect, test } from 'vitest';
import type { ErrorCode, Fact, RowState, Wait } from '../ipc';
import { type Mend, mendOf } from '../state/mend';
import { errors } from '../text';
import { fact, led, lookOf, next, whole } from './look';

const codes = Object.keys(errors) as ErrorCode[];

/** Said on the way in and in toasts, where there is more room than in a row. */
const NOT_OF_A_ROW: ErrorCode[] = ['address-unreachable', 'address-not-davit', 'address-insecure'];
/** These go on by themselves, or are about Davit itself and end in a sentence that says what to do. */
const NO_BUTTON: ErrorCode[] = [
  'offline',
  'storage-busy',
  'backend-down',
  'source-offline',
  'sign-in-unfinished',
  'keychain-unavailable',
  'journal-newer',
  'journal-damaged',
  'instance-busy',
];
/** What a transfer may wait for. */
const WAITS: ErrorCode[] = [
  'offline',
  'storage-busy',
  'backend-down',
  'source-offline',
  'captive-portal',
  'proxy-auth',
  'untrusted-server',
  'file-in-use',
  'computer-busy',
  'read-error',
  'disk-full',
  'journal-unwritable',
];
/** What a button may say that does this. */
const BUTTONS: Record<Mend, string[]> = {
  retry: ['Try again', 'Upload new version', 'Send them again', 'Upload again', 'Start again'],
  'keep-both': ['Keep both'],
  remove: ['Remove'],
  'sign-in': ['Sign in'],
  'proposed-name': ['Use proposed name'],
  find: ['Find file'],
  'send-elsewhere': ['Choose destination'],
  'sign-in-page': ['Open sign-in page'],
  password: ['Enter password'],
  clock: ['Open clock settings'],
  update: ['Update'],
  'copy-message': ['Copy message'],
  'copy-details': ['Copy details'],
};

test.each(codes.filter((code) => !NOT_OF_A_ROW.includes(code)))('%s fits into a row', (code) => {
  expect(errors[code].row.length).toBeLessThanOrEqual(50);
});

test.each(codes)('%s has one button that does what it says, or a next step', (code) => {
  const { button, why, todo } = errors[code];
  if (button === null) {
    expect(NO_BUTTON).toContain(code);
    expect(why ?? todo).toBeTruthy();
  } else expect(BUTTONS[mendOf(code)]).toContain(button);
});

test.each(codes)('%s says what happened in plain words', (code) => {
  const { row, why = '', todo = '', button } = errors[code];
  const said = [row, why, todo, button ?? ''].join(' ');
  expect(said).not.toMatch(/!|\b(please|oops|invalid|failed to|error|endpoint|bucket|prefix|chunk)\b/i);
  expect(row).toMatch(/\.$/);
});

const NOW = 1_795_449_600;
const wait = (code: ErrorCode, more: Partial<Wait> = {}) =>
  ({ kind: 'waiting', code, drive: null, until: null, next: 'by-itself', ...more }) as const;
const look = (code: ErrorCode, more: Partial<Wait> = {}) => lookOf(wait(code, more), '', () => NOW * 1000);
const plain = (words: string | null) => words?.replaceAll('\u00a0', ' ');

const failed = (code: ErrorCode, told: Fact | null, place = '') =>
  plain(lookOf({ kind: 'failed', code }, place, undefined, null, told).reason);

test('a problem is told with its number where that is known, and without it where it is not', () => {
  expect(failed('too-large', { kind: 'largest', size: 5e12 })).toBe('Larger than your company allows (5 TB).');
  expect(failed('too-large', null)).toBe('Larger than your company allows.');
  expect(failed('clock-wrong', { kind: 'clock-off', seconds: 1_270 })).toBe('This computer’s clock is 21 minutes off.');
  expect(failed('clock-wrong', null)).toBe('This computer’s clock is off.');
  // What belongs to another problem, an earlier one, is not told of this one.
  expect(failed('disk-full', { kind: 'largest', size: 5e12 })).toBe('This computer’s disk is full.');
  expect(plain(fact('too-large', '', { kind: 'largest', size: 5e12 }))).toBe('Larger than your company allows (5 TB).');
  expect(plain(errors['upload-expired'].whyFor?.('7 days') ?? '')).toMatch(/^Unfinished uploads are kept 7 days\./);
});

test('who is asked for access is told to what', () => {
  expect(errors['access-denied'].todoAt?.('Board › 2026')).toMatch(
    /^Ask your administrator for access to Board › 2026,/,
  );
});

test('a drive that is away is called by its name, where that fits', () => {
  const waits = (drive: string | null) => look('source-offline', { drive });
  expect(waits('LAB-NAS').reason).toBe('Waiting for LAB-NAS to answer.');
  expect([waits('LAB-NAS').under, waits('LAB-NAS').shape]).toEqual(['for LAB-NAS', 'Waiting for LAB-NAS']);
  expect([waits(null).under, waits(null).shape]).toEqual(['for the drive', 'Waiting for the drive']);
  expect(waits(null).reason).toBe('Waiting for the drive to answer.');
  expect(waits('x'.repeat(60)).reason).toBe('Waiting for the drive to answer.');
});

test.each([
  [null, 'The storage is busy. Trying again.'],
  [-30, 'The storage is busy. Trying again.'],
  [5, 'The storage is busy. Trying again.'],
  [20, 'The storage is busy. Trying again in 20 s.'],
  [61, 'The storage is busy. Trying again in 2 min.'],
  [3_600, 'The storage is busy. Trying again in 1 h.'],
])('a busy storage that is tried again in %s seconds says so', (seconds, words) => {
  const until = seconds === null ? null : NOW + seconds;
  expect(plain(look('storage-busy', { until }).reason)).toBe(words);
});

test('a company that said when to come back is waited for until then', () => {
  expect(plain(look('backend-down', { until: NOW + 90 }).reason)).toBe('Your company is away. Trying again in 2 min.');
  expect(look('backend-down').reason).toBe('Waiting for your company to answer.');
});

test('what no wait says itself is not counted down', () => {
  expect(look('offline', { until: NOW + 90 }).reason).toBe('Waiting for the connection.');
  expect(lookOf(wait('storage-busy', { until: NOW + 90 })).reason).toBe('The storage is busy. Trying again.');
});

test('what was on another day is told with its day', () => {
  const today = () => NOW * 1000;
  const [now, before] = [NOW, NOW - 3 * 86_400];
  const said = (state: RowState) => lookOf(state, '', undefined, null, null, today);
  expect(said({ kind: 'done', at: now }).under).not.toMatch(/Nov/);
  expect(said({ kind: 'done', at: before }).under).toMatch(/Nov/);
  expect(said({ kind: 'paused', by: 'you', since: before }).under).toMatch(/^by you, .*Nov/);
  expect(said({ kind: 'cancelled', at: before }).reason).toMatch(/^Cancelled, .*Nov/);
});

test('a metered network is told in full where there is room', () => {
  const look = lookOf({ kind: 'paused', by: 'metered', since: NOW });
  expect([led(look), look.under]).toEqual(['on a metered network', 'metered network']);
});

test('only what waits for the network says that it waits for the network', () => {
  const others = codes.filter((code) => code !== 'offline');
  for (const code of others) expect(look(code).shape).not.toBe(look('offline').shape);
});

test.each(WAITS)('a wait for %s says what for and what happens next', (code) => {
  const { under, reason } = look(code, { until: NOW + 3_000 });
  expect(under).toMatch(/^for /);
  expect(reason?.length).toBeLessThanOrEqual(50);
  expect(next(code)).toMatch(/continue/i);
  const [what, then] = whole(wait(code, { until: NOW + 3_000 }), () => NOW * 1000);
  expect(what).not.toMatch(/\.$/);
  expect(then).toMatch(/continue/i);
});

test('the whole that waits is told by what it waits for', () => {
  const said = (of: Wait) => whole(of, () => NOW * 1000).map(plain);
  expect(said(wait('source-offline', { drive: 'LAB-NAS', until: NOW + 4 }))).toEqual([
    'Waiting for LAB-NAS',
    'Reconnect the drive; continues by itself.',
  ]);
  expect(said(wait('storage-busy', { until: NOW + 100 }))).toEqual([
    'The storage is busy',
    'Trying again in 2 min. Continues by itself, slower.',
  ]);
  expect(said(wait('captive-portal'))).toEqual([
    'Sign in to this network',
    'Open its page in your browser, then uploads continue.',
  ]);
  expect(said(wait('proxy-auth'))).toEqual([
    'This network asks for a password',
    'Enter it in Settings, Connection, then uploads continue.',
  ]);
});
