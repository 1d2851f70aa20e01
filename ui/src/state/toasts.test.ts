import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { errors, text } from '../text';
import { Toasts } from './toasts.svelte';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a toast is gone after ten seconds', () => {
  const toasts = new Toasts();
  toasts.say('Link copied');
  vi.advanceTimersByTime(9_999);
  expect(toasts.now?.words).toBe('Link copied');
  vi.advanceTimersByTime(1);
  expect(toasts.now).toBeNull();
});

test('a toast stays while somebody looks at it', () => {
  const toasts = new Toasts();
  toasts.say('Cleared 2.');
  toasts.hold();
  vi.advanceTimersByTime(60_000);
  expect(toasts.now).not.toBeNull();
  toasts.restart();
  vi.advanceTimersByTime(10_000);
  expect(toasts.now).toBeNull();
});

test('Undo runs once, and the toast is gone with it', () => {
  const toasts = new Toasts();
  const run = vi.fn();
  toasts.say('Cleared 2.', { label: 'Undo', run });
  toasts.act();
  toasts.act();
  expect(run).toHaveBeenCalledOnce();
  expect(toasts.now).toBeNull();
});

test('a new toast takes the place of the old, with ten seconds of its own', () => {
  const toasts = new Toasts();
  toasts.say('one');
  vi.advanceTimersByTime(8_000);
  toasts.say('two');
  vi.advanceTimersByTime(8_000);
  expect(toasts.now?.words).toBe('two');
});

test('a toast that takes the place of one somebody looks at stays as long as that one would', () => {
  for (const next of [
    (toasts: Toasts) => toasts.say('two'),
    (toasts: Toasts) => {
      const deed = { label: 'Undo', run: vi.fn() };
      toasts.undoable('two', deed, deed, performance.now());
    },
  ]) {
    const toasts = new Toasts();
    toasts.say('one');
    toasts.hold();
    next(toasts);
    vi.advanceTimersByTime(60_000);
    expect(toasts.now?.words).toBe('two');
    toasts.restart();
    vi.advanceTimersByTime(10_000);
    expect(toasts.now).toBeNull();
  }
});

test('a toast after one whose button was pressed is not held by it', () => {
  const toasts = new Toasts();
  toasts.say('one', { label: 'Undo', run: vi.fn() });
  toasts.hold();
  toasts.act();
  toasts.say('two');
  vi.advanceTimersByTime(10_000);
  expect(toasts.now).toBeNull();
});

test('a toast that is held past the time for undo offers what still can be done', () => {
  const toasts = new Toasts();
  const [undo, again] = [vi.fn(), vi.fn()];
  const after = { label: 'Upload again', run: again };
  toasts.undoable('Cancelled “a.mov”.', { label: 'Undo', run: undo }, after, performance.now());
  vi.advanceTimersByTime(2_000);
  toasts.hold();
  vi.advanceTimersByTime(7_999);
  expect(toasts.now?.action?.label).toBe('Undo');
  vi.advanceTimersByTime(1);
  expect(toasts.now?.action?.label).toBe('Upload again');
  toasts.act();
  expect([undo.mock.calls.length, again.mock.calls.length]).toEqual([0, 1]);
});

test('the time for undo is counted from when it was asked, not from when the toast came', () => {
  const toasts = new Toasts();
  const deed = { label: 'Undo', run: vi.fn() };
  const asked = performance.now();
  vi.advanceTimersByTime(3_000);
  toasts.undoable('Cancelled “a.mov”.', deed, deed, asked);
  vi.advanceTimersByTime(6_999);
  expect(toasts.now).not.toBeNull();
  vi.advanceTimersByTime(1);
  expect(toasts.now).toBeNull();
});

test.each([
  ...Object.values(text.notDone),
  ...Object.values(errors).flatMap(({ toast }) => (toast === undefined ? [] : [toast])),
])('“%s” is one sentence and one next step', (words) => {
  expect(words.match(/[.](?= |$)/g)).toHaveLength(2);
  expect(words).not.toMatch(/this file/i);
});
