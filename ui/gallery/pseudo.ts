// Two languages that nobody speaks, for the eye and for the checks. "long" shows what is no message and what has too
// little room: accents, a third longer, in brackets. "mirrored" is written and read from right to left.
// ?words=long, ?words=mirrored. Imported before everything that says something.
import { IntlMessageFormat } from 'intl-messageformat';
import { sayThrough } from '../src/text/message';

type Read = ReturnType<IntlMessageFormat['getAst']>;

const readOf = (message: string): Read => new IntlMessageFormat(message, 'en').getAst();

const PLAIN = 'abcdefghijklmnopqrstuvwxyz';
const ACCENTED = 'àbçðéfĝĥîĵķļmñöþqŕšţúvŵxýž';
const LONGER = 0.35;

const accent = (letter: string): string =>
  ACCENTED[PLAIN.indexOf(letter)] ?? accent(letter.toLowerCase()).toUpperCase();

/** As if in a language that needs more letters; what is named in braces is no word. */
function long(words: string): string {
  let owed = 0;
  return words.replace(/\{\w+\}|[a-z]/gi, (sign) => {
    if (sign.length > 1) return sign;
    owed += LONGER;
    const twice = owed >= 1;
    if (twice) owed -= 1;
    return accent(sign) + (twice ? accent(sign.toLowerCase()) : '');
  });
}

/** The marks at both ends make it known as right-to-left from outside as well. */
const mirrored = (words: string): string => (/\p{L}/u.test(words) ? `\u200f\u202e${words}\u202c\u200f` : words);

/** Changes the words of a message, and nothing that it names. */
function through(read: Read, change: (words: string) => string): Read {
  return read.map((element) => {
    if ('options' in element) {
      const options = Object.entries(element.options);
      const changed = options.map(([key, { value }]) => [key, { value: through(value, change) }] as const);
      return { ...element, options: Object.fromEntries(changed) };
    }
    if ('children' in element) return { ...element, children: bracketed(through(element.children, change), change) };
    return isWords(element) ? { ...element, value: change(element.value) } : element;
  });
}

const isWords = (element: Read[number]): element is Extract<Read[number], { type: 0 }> =>
  (element.type as number) === 0;

const hasWords = (read: Read): boolean =>
  read.some(
    (element) =>
      (isWords(element) && /\S/.test(element.value)) ||
      ('options' in element && Object.values(element.options).some(({ value }) => hasWords(value))) ||
      ('children' in element && hasWords(element.children)),
  );

function bracketed(read: Read, change: (words: string) => string): Read {
  return change === long && hasWords(read) ? [...readOf('⟦'), ...read, ...readOf('⟧')] : read;
}

const wanted = new URLSearchParams(location.search).get('words');
const change = { long, mirrored }[wanted ?? ''];
if (change)
  sayThrough((message) => {
    return bracketed(through(readOf(message), change), change);
  });
if (wanted === 'mirrored') document.documentElement.dir = 'rtl';
