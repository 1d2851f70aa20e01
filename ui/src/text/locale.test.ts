import { afterEach, expect, test } from 'vitest';
import { capital, date, list, number, writeFor, written } from './locale';

afterEach(() => writeFor(['en-GB']));

/** 23 November, two minutes past four in the afternoon, wherever the test runs. */
const MOMENT = new Date(2026, 10, 23, 16, 2).getTime();
const time = () => date(MOMENT, { timeStyle: 'short' }).replaceAll('\u202f', ' ');

test('numbers have the separators and the digits of who reads them', () => {
  const told = (...languages: string[]) => {
    writeFor(languages);
    return [number(1_234_567.5), number(0.43, { style: 'percent' }).replace(/[\u061c\u200e]/g, '')];
  };
  expect(told('de-DE')).toEqual(['1.234.567,5', '43\u00a0%']);
  expect(told('en-US')).toEqual(['1,234,567.5', '43%']);
  expect(told('ar-EG')).toEqual(['١٬٢٣٤٬٥٦٧٫٥', '٤٣٪']);
  expect(told('fr-CH', 'en')).toEqual(['1\u202f234\u202f567,5', '43%']);
});

test('dates have the words of the window, and the order and the clock of who reads them', () => {
  const told = (language: string) => {
    writeFor([language]);
    return [time(), date(MOMENT, { day: 'numeric', month: 'long' }), date(MOMENT, { weekday: 'long' })];
  };
  expect(told('de-DE')).toEqual(['16:02', '23 November', 'Monday']);
  expect(told('de')).toEqual(['16:02', '23 November', 'Monday']);
  expect(told('en-US')).toEqual(['4:02 PM', 'November 23', 'Monday']);
  expect(told('ar-EG')).toEqual(['٤:٠٢ PM', 'November ٢٣', 'Monday']);
});

test('numbers and times may be written in the ways of two places', () => {
  writeFor(['de-DE'], ['en-US']);
  expect([number(1234.5), time(), date(MOMENT, { day: 'numeric', month: 'long' })]).toEqual([
    '1.234,5',
    '4:02 PM',
    'November 23',
  ]);
  writeFor(['en-US-u-hc-h23']);
  expect([number(1234.5), time()]).toEqual(['1,234.5', '16:02']);
});

const PLACES = ['en-GB', 'en-US', 'de-DE', 'nl-NL', 'fr-FR', 'sv-SE', 'es-ES', 'pl-PL', 'ar-EG', 'en-US-u-hc-h23'];

// "npm run words" writes how; a test of the shell reads it.
test('the shell writes numbers and times as the window does', async () => {
  const one = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  const at = (hour: number, minute: number) =>
    date(new Date(2026, 10, 23, hour, minute).getTime(), { timeStyle: 'short' }).replaceAll('\u202f', ' ');
  const told = PLACES.map((place) => {
    writeFor([place]);
    return [place, [number(48_112), number(1_234), number(38.4, one), number(1, one), at(9, 5), at(16, 2)]] as const;
  });
  const all = `${JSON.stringify(Object.fromEntries(told), null, 2)}\n`;
  await expect(all).toMatchFileSnapshot('../../../src-tauri/src/words/written.json');
});

test('a list is joined as the words want it', () => {
  expect(list(['Mon', 'Wed', 'Fri'])).toBe('Mon, Wed and Fri');
  writeFor(['de-DE']);
  expect(list(['Mon', 'Wed'])).toBe('Mon and Wed');
  expect(list(['2 done', '1 needs you'], 'unit')).toBe('2 done, 1 needs you');
});

test('a system that names no language groups numbers all the same', () => {
  for (const none of [[], ['C'], ['POSIX'], ['C.UTF-8'], ['en-US-u-va-posix'], ['en_US.UTF-8'], ['not a language']]) {
    writeFor(none);
    expect([none, number(48_112), time()]).toEqual([none, '48,112', '4:02 PM']);
  }
  writeFor(['C', 'tlh', 'de-DE']);
  expect(number(48_112)).toBe('48.112');
});

test('what stands in a field can be read back', () => {
  for (const [language, shown] of [
    ['de-DE', '1234,5'],
    ['en-US', '1234.5'],
    ['ar-EG', '1234.5'],
  ] as const) {
    writeFor([language]);
    expect(written(1234.5, 6)).toBe(shown);
  }
});

test('a sentence begins with a capital letter, where the language has any', () => {
  expect(capital('about 18 h left')).toBe('About 18 h left');
  expect(capital('⟦about⟧')).toBe('⟦about⟧');
});
