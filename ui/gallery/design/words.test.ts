// The window says what the design says, word for word; words.json holds it apart from the messages. Where the window says
// something else on purpose, docs/design-notes.md says why.
import { expect, test } from 'vitest';
import type { Fact, RowState } from '../../src/ipc';
import { pausable } from '../../src/state/can';
import { clock } from '../../src/state/format';
import { errors, text } from '../../src/text';
import { led, lookOf } from '../../src/views/look';
import design from './words.json';

const NOW = 1_795_449_600;
const now = () => NOW * 1000;
const plain = (words: unknown) => String(words).replaceAll('\u00a0', ' ');

/** In the state that the design writes of: 21 minutes, 5 TB, LAB-NAS. */
const FACTS: Partial<Record<string, Fact>> = {
  'too-large': { kind: 'largest', size: 5e12 },
  'clock-wrong': { kind: 'clock-off', seconds: 1_270 },
};
const WAITS = ['offline', 'storage-busy', 'source-offline', 'captive-portal', 'proxy-auth'];
/** What the details say in other words: what is added there is more, or names what this file is. */
const MORE = [
  'captive-portal',
  'access-denied',
  'file-missing',
  'name-refused',
  'already-there',
  'check-mismatch',
  'unexpected',
];

function stateOf(code: string): RowState {
  if (!WAITS.includes(code)) return { kind: 'failed', code: code as keyof typeof errors };
  const drive = code === 'source-offline' ? 'LAB-NAS' : null;
  const until = code === 'storage-busy' ? NOW + 100 : null;
  return { kind: 'waiting', code: code as keyof typeof errors, drive, until, next: 'by-itself' };
}

test.each(design.problems)('$code is told in a row as in the design, with its button', ({ code, row, button }) => {
  const look = lookOf(stateOf(code), 'Board › 2026', now, null, FACTS[code] ?? null);
  expect(plain(look.reason)).toBe(row);
  expect(errors[code as keyof typeof errors].button).toBe(button);
});

test.each(design.problems.filter(({ code }) => !MORE.includes(code)))(
  'the details of $code add what they add in the design',
  ({ code, adds }) => {
    const { row, why = '', whyFor, todo = '', waits = '' } = errors[code as keyof typeof errors];
    const said = plain([row, why, whyFor?.('7 days') ?? '', todo, waits].join(' ')).toLowerCase();
    // What stands in one sentence there may stand in two here.
    for (const part of adds.split(/(?<=\.) |; /)) expect(said).toContain(part.replace(/\.$/, '').toLowerCase());
  },
);

test.each(design.door)('on the way in $code is told as in the design', ({ code, words, button }) => {
  const { door, row, doorButton, button: usual } = errors[code as keyof typeof errors];
  expect(door ?? row).toBe(words);
  if (button !== null) expect(doorButton ?? usual).toBe(button);
});

test.each(design.states)('$state.kind stands at the right as in the design, with its button: $right', (wanted) => {
  const state = wanted.state as RowState;
  const at = plain(clock(0));
  const told = (words: string) => words.replace('{clock}', at);
  const look = lookOf(state, '', () => 0, 0);
  if (wanted.reason !== undefined) expect(plain(look.reason)).toBe(told(wanted.reason));
  if (wanted.right) expect([look.word, plain(led(look))]).toEqual(wanted.right.map(told));
  const own = pausable(state) ? text.act.pause : state.kind === 'paused' ? text.act.resume : null;
  expect(own ?? (state.kind === 'done' ? text.act.link : look.button)).toBe(wanted.button);
});

/** A message by its place among all of them. */
function said(at: string, given: unknown): string {
  let found: unknown = text;
  for (const key of at.split('.')) found = (found as Record<string, unknown>)[key];
  return plain(typeof found === 'function' ? (found as (given: unknown) => unknown)(given) : found);
}

test.each(design.said)('$at says “$words”', ({ words, at, given }) => {
  // "left" says more than the design quotes.
  if (at === 'left') expect(said(at, given)).toContain(words);
  else expect(said(at, given)).toBe(words);
});
