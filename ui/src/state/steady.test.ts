import { expect, test } from 'vitest';
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
