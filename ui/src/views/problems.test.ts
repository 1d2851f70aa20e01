import { expect, test } from 'vitest';
import type { ErrorCode } from '../ipc';
import { type Mend, mendOf } from '../state/mend';
import { errors } from '../text/en';
import { lookOf } from './look';

const codes = Object.keys(errors) as ErrorCode[];

/** Said on the way in and in toasts, where there is more room than in a row. */
const NOT_OF_A_ROW: ErrorCode[] = ['address-unreachable', 'address-not-davit', 'address-insecure'];
/** These go on by themselves, or are about Davit itself and end in a sentence that says what to do. */
const NO_BUTTON: ErrorCode[] = [
  'offline',
  'storage-busy',
  'backend-down',
  'source-offline',
  'captive-portal',
  'keychain-unavailable',
  'journal-newer',
  'journal-damaged',
  'instance-busy',
];
/** What a button may say that does this. */
const BUTTONS: Record<Mend, string[]> = {
  retry: ['Try again', 'Upload new version', 'Send them again', 'Upload again', 'Start again'],
  'keep-both': ['Keep both'],
  remove: ['Remove'],
  'sign-in': ['Sign in'],
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

test('a drive that is away is called by its name, where that fits', () => {
  const waits = (drive: string | null) =>
    lookOf({ kind: 'waiting', code: 'source-offline', until: null, drive }).reason;
  expect(waits('LAB-NAS')).toBe('Waiting for LAB-NAS to answer.');
  expect(waits(null)).toBe('Waiting for the drive to answer.');
  expect(waits('x'.repeat(60))).toBe('Waiting for the drive to answer.');
});
