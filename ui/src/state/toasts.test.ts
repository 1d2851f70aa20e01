import { afterEach, beforeEach, expect, test, vi } from 'vitest';
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
