import { expect, test } from 'vitest';
import type { ErrorCode } from '../ipc';
import { errors, text } from '../text';
import { mendOf } from './mend';

const codes = Object.keys(errors) as ErrorCode[];

test('a button does what it says', () => {
  for (const code of codes) {
    const { button } = errors[code];
    expect(button === 'Remove', code).toBe(mendOf(code) === 'remove');
    expect(button === 'Keep both', code).toBe(mendOf(code) === 'keep-both');
    expect(button === text.signIn, code).toBe(mendOf(code) === 'sign-in');
  }
});

test('the row text of a problem has room in a row, and no shouting', () => {
  for (const code of codes) {
    const { row, why = '', todo = '', button } = errors[code];
    expect(row.length, row).toBeLessThanOrEqual(56);
    for (const words of [row, why, todo, button ?? '']) expect(words).not.toMatch(/!|please|oops|invalid|failed to/i);
  }
});
