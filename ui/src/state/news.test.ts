import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Row, Totals } from '../ipc';
import { News } from './news.svelte';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const totals = (done: number, needsYou: number, sent: number): Totals => ({
  all: 9,
  moving: 3,
  needsYou,
  done,
  sent,
  size: 100,
  speed: 0,
  secondsLeft: null,
  limit: { rate: null, paused: false, until: null, why: 'usual' },
  history: 0,
  overview: { kind: 'moving' },
});

test('what is there at the start is no news', () => {
  const news = new News();
  news.hear(totals(2, 1, 60));
  expect(news.line).toBe('');
});

test('changes are joined and said at most every ten seconds', () => {
  const news = new News();
  news.hear(totals(0, 0, 10));
  news.hear(totals(1, 0, 11));
  expect(news.line).toBe('1 done.');
  news.hear(totals(2, 0, 12));
  news.hear(totals(3, 1, 26));
  expect(news.line).toBe('1 done.');
  vi.advanceTimersByTime(10_000);
  expect(news.line).toBe('2 done, 1 needs you, 25 percent of everything sent.');
});

test('sizes and speeds that change say nothing', () => {
  const news = new News();
  news.hear(totals(0, 0, 1));
  for (let sent = 2; sent < 24; sent += 1) news.hear(totals(0, 0, sent));
  vi.advanceTimersByTime(60_000);
  expect(news.line).toBe('');
});

test('one problem alone is said by its name', () => {
  const news = new News();
  news.hear(totals(0, 0, 10), []);
  const state = { kind: 'failed', code: 'file-missing' };
  news.hear(totals(0, 1, 10), [{ id: 3, name: 'Board meeting.mp4', state } as Row]);
  expect(news.line).toBe('1 needs you. Board meeting.mp4: This file was moved, renamed or deleted.');
});
