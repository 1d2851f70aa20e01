import { expect, test } from 'vitest';
import { marked, wordsOf, type Piece } from './marks';

const read = (pieces: Piece[]): string => pieces.map(({ words, hit }) => (hit ? `[${words}]` : words)).join('');
const one = (text: string, search: string): string => read(marked(text, wordsOf(search))[0]);

test('a search is its words, each once, whatever their case and accents', () => {
  expect(wordsOf('  Fjörd \t FJORD “day”\u00a0')).toEqual(['fjord', '“day”']);
  expect(wordsOf(' ')).toEqual([]);
});

test('what was searched for is marked wherever it is, whatever its case and accents', () => {
  expect(one('fjord_aerials.mov', 'fjord')).toBe('[fjord]_aerials.mov');
  expect(one('A_Fjörd, the FJORD', 'fjord')).toBe('A_[Fjörd], the [FJORD]');
  expect(one('Ubersicht', 'über')).toBe('[Uber]sicht');
  expect(one('U\u0308bersicht', 'u')).toBe('[U\u0308]bersicht');
  expect(one('İstanbul.mov', 'istan')).toBe('[İstan]bul.mov');
  expect(one('nothing of it', 'fjord')).toBe('nothing of it');
  expect(one('whatever', '')).toBe('whatever');
  expect(one('a*b.mov', '*b')).toBe('a[*b].mov');
});

test('marks that touch or overlap are one', () => {
  expect(one('aaab', 'aa ab')).toBe('[aaab]');
  expect(one('fjordsound', 'fjord sound')).toBe('[fjordsound]');
  expect(one('rushes', 'rush shes')).toBe('[rushes]');
});

test('signs of several units stay whole', () => {
  expect(one('👩\u200d🚀 family.mov', 'fam')).toBe('👩\u200d🚀 [fam]ily.mov');
  expect(one('映画.mov', '画')).toBe('映[画].mov');
});

test('a mark that is cut in the middle goes on in the tail', () => {
  const [head, tail] = marked('long-fjord.mov', wordsOf('fjord'), 7);
  expect([read(head), read(tail)]).toEqual(['long-[fj]', '[ord].mov']);
  const [whole, none] = marked('fjord.mov', wordsOf('fjord'));
  expect([read(whole), none]).toEqual(['[fjord].mov', []]);
});
