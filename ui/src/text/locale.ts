// How a person writes numbers, dates and times. Separators, digits, calendar and clock are the person's; the words in
// a date and between the parts of a list belong to the language of the window, and so do the forms of its plurals.

/** The language of the words. */
export const LANGUAGE = 'en';

/** Whose way it is: of numbers as they are, of dates with the names of this language. */
let person = LANGUAGE;
let dated = LANGUAGE;

/** The first of these that is known. "C" and "POSIX" are no language; they are meant for programs, and group nothing. */
function first(languages: readonly string[]): Intl.Locale {
  for (const language of languages) {
    const plain = language
      .replace(/\..*$/, '')
      .replaceAll('_', '-')
      .replace(/-u-va-posix$/i, '');
    try {
      if (Intl.NumberFormat.supportedLocalesOf(plain).length > 0) return new Intl.Locale(plain);
    } catch {
      // A tag that nobody understands says nothing.
    }
  }
  return new Intl.Locale(LANGUAGE);
}

/** From now on numbers, and dates and times, are written as the first of these languages wants it. */
export function writeFor(languages: readonly string[], ofTimes = languages): void {
  person = first(languages).toString();
  const asked = first(ofTimes);
  const { region } = asked.maximize();
  const timed = asked.toString();
  const { calendar } = new Intl.DateTimeFormat(timed).resolvedOptions();
  const { hourCycle } = new Intl.DateTimeFormat(timed, { hour: 'numeric' }).resolvedOptions();
  const { numberingSystem } = new Intl.NumberFormat(timed).resolvedOptions();
  const own = { ...(region && { region }), ...(hourCycle && { hourCycle }), calendar, numberingSystem };
  dated = new Intl.Locale(LANGUAGE, own).toString();
  made.clear();
}

/** What was made once: it takes longer than to use it. */
const made = new Map<string, unknown>();

function kept<T>(kind: string, options: object, make: () => T): T {
  const key = kind + JSON.stringify(options);
  const known = made.get(key) as T | undefined;
  if (known) return known;
  const fresh = make();
  made.set(key, fresh);
  return fresh;
}

export const numbers = (options: Intl.NumberFormatOptions = {}): Intl.NumberFormat =>
  kept('number', options, () => new Intl.NumberFormat(person, options));

/** Of plurals: "1 file" and "0 files" are English, whoever reads them. */
export const forms = (language: string, options: Intl.PluralRulesOptions = {}): Intl.PluralRules =>
  kept(`forms ${language}`, options, () => new Intl.PluralRules(language, options));

export const number = (value: number, options?: Intl.NumberFormatOptions): string => numbers(options).format(value);

/** A number that stands in a field: without groups and in digits that every keyboard has, so that it can be read back. */
export const written = (value: number, digits: number): string =>
  number(value, { maximumFractionDigits: digits, useGrouping: false, numberingSystem: 'latn' });

/** A moment in milliseconds. Who travels has another clock from then on. */
export const date = (at: number, options: Intl.DateTimeFormatOptions): string =>
  kept(`date${new Date(at).getTimezoneOffset()}`, options, () => new Intl.DateTimeFormat(dated, options)).format(at);

/** "Mon, Wed and Fri"; a plain one is "Mon, Wed, Fri". */
export const list = (all: readonly string[], type: 'conjunction' | 'unit' = 'conjunction'): string =>
  kept('list', { type }, () => new Intl.ListFormat(dated, { type })).format(all);

/** The beginning of a sentence. */
export const capital = (words: string): string => words.charAt(0).toLocaleUpperCase(LANGUAGE) + words.slice(1);

/** Whether the window is read from right to left. */
export const mirrored = (): boolean => typeof document !== 'undefined' && document.documentElement.dir === 'rtl';

// Until the shell says what the formats of the system are: those of its language.
writeFor(typeof navigator === 'undefined' ? [] : navigator.languages);
