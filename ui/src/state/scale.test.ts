import { expect, test } from 'vitest';
import { Scale } from './scale';

test('the scale grows at once, in steps', () => {
  const scale = new Scale();
  expect([0, 10e6, 11e6, 38e6, 101e6, 450e6].map((most) => scale.of(most, 0))).toEqual([
    10e6, 10e6, 20e6, 50e6, 200e6, 500e6,
  ]);
});

test('the scale shrinks when a lower step was enough for a minute', () => {
  const scale = new Scale();
  scale.of(90e6, 0);
  expect(scale.of(15e6, 1_000)).toBe(100e6);
  expect(scale.of(15e6, 60_999)).toBe(100e6);
  expect(scale.of(15e6, 61_000)).toBe(20e6);
});

test('a peak in between begins the minute anew', () => {
  const scale = new Scale();
  scale.of(90e6, 0);
  scale.of(15e6, 1_000);
  scale.of(60e6, 50_000);
  scale.of(15e6, 51_000);
  expect(scale.of(15e6, 110_000)).toBe(100e6);
  expect(scale.of(15e6, 111_000)).toBe(20e6);
});

test('beyond the last step the scale is as high as what it shows', () => {
  expect(new Scale().of(7e9, 0)).toBe(7e9);
});
