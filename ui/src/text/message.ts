// Messages in ICU's format. What one names is known to the compiler, and it is read once, when it is first said.
import { IntlMessageFormat } from 'intl-messageformat';
import { forms, LANGUAGE, mirrored, numbers } from './locale';

/** What the message names, and what it takes for it. Within braces there are words and choices by turns. */
type InWords<S extends string, Known> = S extends `${infer Before}{${infer After}`
  ? Before extends `${string}}${infer Choices}`
    ? InChoices<`${Choices}{${After}`, Known>
    : Before extends `${string}'`
      ? After extends `${string}'${infer Rest}`
        ? InWords<Rest, Known>
        : Known
      : InBraces<After, Known>
  : S extends `${string}}${infer Choices}`
    ? InChoices<Choices, Known>
    : Known;

type InBraces<S extends string, Known> = S extends `${infer Inside}}${infer Rest}`
  ? Inside extends `${string}{${string}`
    ? S extends `${infer Name}, ${infer Kind}, ${infer Choices}`
      ? InChoices<Choices, Known & Record<Name, Value<Kind>>>
      : never
    : Inside extends `${infer Name}, ${infer Kind}`
      ? InWords<Rest, Known & Record<Name, Value<Kind>>>
      : InWords<Rest, Known & Record<Inside, string>>
  : never;

type InChoices<S extends string, Known> = S extends `${infer Before}{${infer After}`
  ? Before extends `${string}}${infer Words}`
    ? InWords<`${Words}{${After}`, Known>
    : InWords<After, Known>
  : S extends `${string}}${infer Words}`
    ? InWords<Words, Known>
    : never;

type Value<Kind extends string> = Kind extends 'plural' | `number${string}`
  ? number
  : Kind extends 'select'
    ? boolean
    : never;

/** The arguments of a message, by name. */
export type Named<S extends string> =
  InWords<S, unknown> extends infer All ? { [Name in keyof All]: All[Name] } : never;

type Several<Names, Each = Names> = Names extends unknown ? ([Each] extends [Names] ? false : true) : never;

/** Words and what is quieter than they are, one after the other. */
export type Parts = { words: string; quiet: boolean }[];

type Result<S extends string> = S extends `${string}<quiet>${string}` ? Parts : string;

/** A message without arguments is its words; of several arguments each is given by its name. */
type Said<S extends string, N = Named<S>> = string extends S
  ? never
  : [keyof N] extends [never]
    ? Result<S>
    : Several<keyof N> extends true
      ? (values: N) => Result<S>
      : (value: N[keyof N]) => Result<S>;

/** The same tree, with what is said in place of its messages. */
export type Words<T> = T extends string ? Said<T> : { readonly [K in keyof T]: Words<T[K]> };

interface Tree {
  readonly [key: string]: string | null | Tree;
}

type Read = ReturnType<IntlMessageFormat['getAst']>;

/** What every message goes through before it is read. The gallery shows so what is no message. */
let change: (message: string) => string | Read = (message) => message;

export function sayThrough(other: typeof change): void {
  change = other;
}

const formattersOf = (language: string) => ({
  getNumberFormat: (_: unknown, options?: object) => numbers(options),
  getPluralRules: (_: unknown, options?: object) => forms(language, options),
  getDateTimeFormat: (): never => {
    throw new Error('dates come to messages as words');
  },
});

const RIGHT_TO_LEFT = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]/;
const LEFT_TO_RIGHT = /[A-Za-z\u00c0-\u024f\u0370-\u052f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** A name that runs against its sentence, or turns what stands around it, keeps to itself. */
const isolated = (name: string): string =>
  (mirrored() ? LEFT_TO_RIGHT : RIGHT_TO_LEFT).test(name) ? `\u2068${name}\u2069` : name;

/** What a message names. */
export function named(read: Read, names = new Set<string>()): Set<string> {
  for (const element of read) {
    if ('options' in element) for (const { value } of Object.values(element.options)) named(value, names);
    if ('children' in element) named(element.children, names);
    else if ((element.type as number) !== LITERAL && 'value' in element) names.add(element.value);
  }
  return names;
}

/** What is only words, among what a message is made of. */
const LITERAL = 0;
type Part = Parts[number];
type Given = Record<string, unknown>;

const quiet = (inside: string[]): Part => ({ words: inside.join(''), quiet: true });

function read(message: string, language: string): unknown {
  const format = new IntlMessageFormat(change(message), language, undefined, { formatters: formattersOf(language) });
  const say = (values: Given): string | Parts => {
    const given: Given = { quiet };
    for (const [name, value] of Object.entries(values))
      given[name] = typeof value === 'string' ? isolated(value) : value;
    const said = format.format<Part>(given as Parameters<typeof format.format<Part>>[0]);
    if (typeof said === 'string') return said;
    return [said].flat().map((part) => (typeof part === 'string' ? { words: part, quiet: false } : part));
  };
  const names = [...named(format.getAst())];
  const [one] = names;
  if (one === undefined) return say({});
  return names.length === 1 ? (value: unknown) => say({ [one]: value }) : say;
}

/** The words of a tree of messages. Each is read when it is asked for first: few are, when the window opens. */
export function words<T extends Tree>(tree: T, language = LANGUAGE): Words<T> {
  const all = {};
  for (const [key, node] of Object.entries(tree)) {
    let said: unknown;
    const get = () => (said ??= typeof node === 'string' ? read(node, language) : node && words(node, language));
    Object.defineProperty(all, key, { enumerable: true, get });
  }
  return all as Words<T>;
}
