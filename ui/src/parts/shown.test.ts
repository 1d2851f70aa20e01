import { expect, test } from 'vitest';
import { shown } from './shown';

test('a name that turns the direction of writing or hides something is seen through', () => {
  expect(shown('photo\u202egpj.exe')).toBe('photo‹202E›gpj.exe');
  expect(shown('a\u200bb\u2066c\u2069\ufeff\u00ad')).toBe('a‹200B›b‹2066›c‹2069›‹FEFF›‹00AD›');
});

test('names of every script stay as they are', () => {
  for (const name of ['übersicht.mov', 'تجربة.mov', '日本語.mov', '👩\u200d👩\u200d👧.mov', 'می\u200cروم.mov']) {
    expect(shown(name)).toBe(name);
  }
});
