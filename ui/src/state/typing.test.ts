import { expect, test } from 'vitest';
import { begins, Typing } from './typing';

function typing(): { typing: Typing; pass: (ms: number) => void } {
  let now = 0;
  return { typing: new Typing(() => now), pass: (ms) => (now += ms) };
}

test('letters that follow each other belong together', () => {
  const { typing: hand, pass } = typing();
  expect(hand.type('B')).toEqual({ begins: 'b', stay: false });
  pass(900);
  expect(hand.type('o')).toEqual({ begins: 'bo', stay: true });
  pass(1_000);
  expect(hand.begun).toBe(false);
  expect(hand.type('c')).toEqual({ begins: 'c', stay: false });
});

test('the same letter again means the next name with it', () => {
  const { typing: hand } = typing();
  hand.type('a');
  expect(hand.type('a')).toEqual({ begins: 'a', stay: false });
});

test('a name is found whatever its case', () => {
  expect(begins('Ärger.mov', 'är')).toBe(true);
  expect(begins('Board meeting', 'meeting')).toBe(false);
});
