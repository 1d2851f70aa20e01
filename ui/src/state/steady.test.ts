import { expect, test } from 'vitest';
import type { Row, RowState } from '../ipc';
import { Steady } from './steady';

function at(): { steady: Steady; pass: (ms: number) => void } {
  let now = 0;
  return { steady: new Steady(() => now), pass: (ms) => (now += ms) };
}
const left = (steady: Steady, secondsLeft: number | null) => steady.of('a', { speed: 0, secondsLeft }).secondsLeft;
const speed = (steady: Steady, now: number) => steady.of('a', { speed: now, secondsLeft: null }).speed;

test('a time left changes when it moved by more than a tenth', () => {
  const { steady } = at();
  expect(left(steady, 1000)).toBe(1000);
  expect(left(steady, 910)).toBe(1000);
  expect(left(steady, 899)).toBe(899);
  expect(left(steady, 980)).toBe(899);
  expect(left(steady, 1000)).toBe(1000);
});

test('a time left changes after half a minute in any case', () => {
  const { steady, pass } = at();
  left(steady, 1000);
  pass(29_999);
  expect(left(steady, 970)).toBe(1000);
  pass(1);
  expect(left(steady, 970)).toBe(970);
});

test('a time left that comes or goes shows at once', () => {
  const { steady } = at();
  expect(left(steady, null)).toBeNull();
  expect(left(steady, 60)).toBe(60);
  expect(left(steady, null)).toBeNull();
});

test('a speed changes once a second, but starts and stops at once', () => {
  const { steady, pass } = at();
  expect(speed(steady, 0)).toBe(0);
  expect(speed(steady, 100)).toBe(100);
  pass(500);
  expect(speed(steady, 120)).toBe(100);
  pass(500);
  expect(speed(steady, 130)).toBe(130);
  expect(speed(steady, 0)).toBe(0);
});

test('what is not shown differently stays the same object', () => {
  const { steady } = at();
  const pace = { speed: 5, secondsLeft: 9 };
  expect(steady.of('a', pace)).toBe(pace);
  expect(steady.of('a', pace)).toBe(pace);
});

const row = (sent: number, state: RowState = { kind: 'uploading' }): Row => ({
  id: 1,
  batch: 1,
  name: 'a.mov',
  destination: 'Rushes',
  size: 100,
  sent,
  speed: 0,
  secondsLeft: null,
  state,
  folder: null,
  added: 0,
  fact: null,
});

test('progress never goes backwards while it goes on', () => {
  const { steady } = at();
  expect(steady.row(row(60)).sent).toBe(60);
  expect(steady.row(row(40)).sent).toBe(60);
  expect(
    steady.row(row(41, { kind: 'waiting', code: 'offline', drive: null, until: null, next: 'by-itself' })).sent,
  ).toBe(60);
  expect(steady.row(row(70)).sent).toBe(70);
});

test('a new start begins at nothing', () => {
  const { steady } = at();
  steady.row(row(60));
  steady.row(row(60, { kind: 'failed', code: 'file-changed' }));
  expect(steady.row(row(0, { kind: 'queued', ahead: 0 })).sent).toBe(0);
  expect(steady.row(row(5)).sent).toBe(5);
});

test('an upload stands after five seconds without a byte, and no longer with the next', () => {
  const { steady, pass } = at();
  steady.row(row(60));
  pass(4_999);
  steady.row(row(60));
  expect(steady.stands(1)).toBe(false);
  pass(1);
  expect(steady.stands(1)).toBe(true);
  steady.row(row(61));
  expect(steady.stands(1)).toBe(false);
});

test('pieces that are sent again move, though progress waits for them', () => {
  const { steady, pass } = at();
  steady.row(row(60));
  steady.row(row(40));
  pass(6_000);
  expect(steady.row(row(45)).sent).toBe(60);
  expect(steady.stands(1)).toBe(false);
});
