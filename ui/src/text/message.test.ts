import { expect, expectTypeOf, test } from 'vitest';
import { writeFor } from './locale';
import { type Named, type Parts, words } from './message';

test('the forms of a plural are those of the language of the words', () => {
  const polish = words(
    { files: '{n, plural, one {# plik} few {# pliki} many {# plików} other {# pliku}}' } as const,
    'pl',
  );
  expect([0, 1, 2, 5, 22, 1.5].map(polish.files)).toEqual([
    '0 plików',
    '1 plik',
    '2 pliki',
    '5 plików',
    '22 pliki',
    '1.5 pliku',
  ]);
  const arabic = words(
    { n: '{n, plural, zero {zero} one {one} two {two} few {few #} many {many #} other {other #}}' } as const,
    'ar',
  );
  expect([0, 1, 2, 5, 11, 100].map(arabic.n)).toEqual(['zero', 'one', 'two', 'few 5', 'many 11', 'other 100']);
});

test('English words have English forms, whoever reads them', () => {
  const { files } = words({ files: '{n, plural, one {# file} other {# files}}' } as const);
  const told = (locale: string) => {
    writeFor([locale]);
    return [0, 1, 2, 1234.5].map(files);
  };
  expect(told('fr-FR')).toEqual(['0 files', '1 file', '2 files', '1\u202f234,5 files']);
  expect(told('ar-EG')).toEqual(['٠ files', '١ file', '٢ files', '١٬٢٣٤٫٥ files']);
  writeFor(['en-GB']);
});

test('a message is given what it names: one thing as it is, several by name', () => {
  const say = words({
    plain: 'Nothing to fill in',
    one: 'Sent {n, number} of them',
    several: 'Sent {n, number} to {place}',
    within:
      '{n, plural, =0 {none of {whole}} other {# of {whole} {m, plural, one {# piece} other {# pieces}}}} at {at}',
    quoted: "Only '{date}' can be filled in for {name}",
    quiet: '{part} <quiet>of {whole}</quiet>',
  } as const);
  expectTypeOf(say.plain).toEqualTypeOf<string>();
  expectTypeOf(say.one).toEqualTypeOf<(value: number) => string>();
  expectTypeOf(say.several).toEqualTypeOf<(values: { n: number; place: string }) => string>();
  expectTypeOf(say.within).toEqualTypeOf<(values: { n: number; whole: string; m: number; at: string }) => string>();
  expectTypeOf(say.quoted).toEqualTypeOf<(value: string) => string>();
  expectTypeOf(say.quiet).toEqualTypeOf<(values: { part: string; whole: string }) => Parts>();
  expectTypeOf<Named<'{ready, select, true {yes} other {no}}'>>().toEqualTypeOf<{ ready: boolean }>();
  expect(say.within({ n: 0, whole: '7', m: 1, at: '9:00' })).toBe('none of 7 at 9:00');
  expect(say.within({ n: 2, whole: '7', m: 1, at: '9:00' })).toBe('2 of 7 1 piece at 9:00');
  expect(say.quoted('a')).toBe('Only {date} can be filled in for a');
  expect(say.quiet({ part: '1', whole: '2' })).toEqual([
    { words: '1 ', quiet: false },
    { words: 'of 2', quiet: true },
  ]);
});

test('a message without what it names does not compile, and is never said', () => {
  const say = words({ several: 'Sent {n, number} to {place}' } as const);
  // @ts-expect-error its place is missing
  expect(() => say.several({ n: 1 })).toThrow('place');
  // @ts-expect-error a number is no word
  expect(say.several({ n: 1, place: 2 })).toBe('Sent 1 to 2');
});

test('a message is read when it is said first', () => {
  const say = words({ good: 'Good', bad: '{n, plural, one {#}}' } as const);
  expect(say.good).toBe('Good');
  expect(() => say.bad).toThrow();
});

test('a name that runs from right to left keeps to itself', () => {
  const { gone } = words({ gone: 'Cancelled “{name}”.' } as const);
  expect(gone('plan.mov')).toBe('Cancelled “plan.mov”.');
  expect(gone('תוכנית.mov')).toBe('Cancelled “\u2068תוכנית.mov\u2069”.');
});
