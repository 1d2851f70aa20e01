import { IntlMessageFormat } from 'intl-messageformat';
import { expect, test } from 'vitest';
import { errors, outside, shell, text } from './en';
import { named, type Parts, words } from './message';

/** Every message with its place in the tree. */
function all(tree: object, at: string[] = []): [string, string][] {
  return Object.entries(tree).flatMap(([key, node]: [string, unknown]) =>
    typeof node === 'string' ? [[[...at, key].join('.'), node] as [string, string]] : all(node ?? {}, [...at, key]),
  );
}

const messages = [...all(errors, ['errors']), ...all(text, ['text']), ...all(shell, ['shell'])];

test('every message can be read, and says all that it is told', () => {
  expect(messages.length).toBeGreaterThan(400);
  for (const [at, message] of messages) {
    const names = [...named(new IntlMessageFormat(message, 'en').getAst())];
    const { said } = words({ said: message }) as unknown as { said: unknown };
    for (const n of [0, 1, 2, 5]) {
      // Numbers are counted, and everything else is called by its own name.
      const counted = (name: string) => new RegExp(`\\{${name}, (plural|number)`).test(message);
      const given = Object.fromEntries(names.map((name) => [name, counted(name) ? n : `«${name}»`]));
      const [only = ''] = names;
      const answer = (
        typeof said === 'function'
          ? (said as (given: unknown) => unknown)(names.length === 1 ? given[only] : given)
          : said
      ) as string | Parts;
      const spoken = typeof answer === 'string' ? answer : answer.map((part) => part.words).join('');
      expect(spoken.trim(), at).not.toBe('');
      expect(spoken, at).not.toMatch(/undefined|NaN|[{}#](?!date|host|user|folder)(?<!(date|host|user|folder)\})/);
      for (const name of names)
        if (!counted(name) && !message.includes(`{${name}, select`)) expect(spoken, at).toContain(`«${name}»`);
    }
  }
});

test('a straight apostrophe quotes braces, and stands for nothing else', () => {
  for (const [at, message] of messages) expect(message.replace(/'\{\w+\}'/g, ''), at).not.toContain("'");
});

test('no message has a space at its edge, for another one to be joined to it', () => {
  for (const [at, message] of messages) expect(message, at).not.toMatch(/^ | $| {2}/);
});

// "npm run words" writes them.
test('the shell has the words of this file', async () => {
  const told = `${JSON.stringify(Object.fromEntries(all(outside())), null, 2)}\n`;
  await expect(told).toMatchFileSnapshot('../../../src-tauri/src/words/en.json');
});
