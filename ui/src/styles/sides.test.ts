import { expect, test } from 'vitest';

const files = import.meta.glob<string>(['../**/*.css', '../**/*.svelte'], {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** What of a file is style. */
const styleOf = (path: string, whole: string): string =>
  path.endsWith('.css') ? whole : (/<style>(.*)<\/style>/s.exec(whole)?.[1] ?? '');

/** Both sides of these are said by `-inline`, which knows where a line begins. */
const FOUR = /(?<![-\w])(?:margin|padding|inset): ?[^\s;{}]+ ([^\s;{}]+) [^\s;{}]+ (?!\1[\s;}])[^\s;{}]+(?=[\s;}])/g;
const SIDE = /(?<![-\w])(?:(?:margin|padding|border|inset)-)?(?:left|right)\s*:|text-align:\s*(?:left|right)|float:/g;

test('styles speak of where a line begins and ends, never of left and right', () => {
  expect(Object.keys(files).length).toBeGreaterThan(50);
  for (const [path, whole] of Object.entries(files)) {
    const style = styleOf(path, whole);
    expect([path, ...(style.match(SIDE) ?? []), ...(style.match(FOUR) ?? [])]).toEqual([path]);
  }
});
