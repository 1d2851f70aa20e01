import { expect, test } from 'vitest';
import type { ErrorCode } from '../ipc';
import { errors, text } from '../text';
import { isPutBack, mendOf, mendOfState } from './mend';

const codes = Object.keys(errors) as ErrorCode[];

test('a button does what it says', () => {
  for (const code of codes) {
    const { button } = errors[code];
    expect(button === 'Remove', code).toBe(mendOf(code) === 'remove');
    expect(button === 'Keep both', code).toBe(mendOf(code) === 'keep-both');
    expect(button === text.signIn, code).toBe(mendOf(code) === 'sign-in');
    expect(button === 'Find file', code).toBe(mendOf(code) === 'find');
    expect(button === 'Choose destination', code).toBe(mendOf(code) === 'send-elsewhere');
    expect(button === 'Use proposed name', code).toBe(mendOf(code) === 'proposed-name');
  }
});

test('a missing file can be shown, but not in place of one in a folder', () => {
  expect(mendOf('file-missing')).toBe('find');
  expect(mendOf('file-missing', true)).toBe('retry');
  expect(codes.filter((code) => isPutBack(code, true))).toEqual(['file-missing']);
  expect(isPutBack('file-missing')).toBe(false);
});

test('of what goes on by itself only what the network wants first is a matter of a person', () => {
  const waits = (code: ErrorCode) =>
    mendOfState({ kind: 'waiting', code, drive: null, until: null, next: 'person' }, false);
  expect(codes.filter((code) => waits(code) !== null)).toEqual(['captive-portal', 'proxy-auth']);
  expect(mendOfState({ kind: 'queued', ahead: 0 }, false)).toBeNull();
});

test('the row text of a problem has room in a row, and no shouting', () => {
  for (const code of codes) {
    const { row, why = '', todo = '', button } = errors[code];
    expect(row.length, row).toBeLessThanOrEqual(56);
    for (const words of [row, why, todo, button ?? '']) expect(words).not.toMatch(/!|please|oops|invalid|failed to/i);
  }
});
