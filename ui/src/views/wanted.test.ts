import { expect, test } from 'vitest';
import type { Totals, Wanted, WatchView } from '../ipc';
import { watch } from '../state/sample';
import { lead } from './wanted';

/** What is done, in its order, when somebody chose this; so many files need somebody, and these folders are watched. */
function done(what: Wanted, needsYou = 1, folders: WatchView[] | null = null): string[] {
  const all: string[] = [];
  const note =
    (name: string) =>
    (...said: unknown[]): void =>
      void all.push([name, ...said.map((one) => JSON.stringify(one))].join(' '));
  lead(what, {
    session: {
      pick: (kind) => {
        note('pick')(kind);
        return Promise.resolve();
      },
    },
    transfers: {
      filter: note('filter'),
      find: note('find'),
      focus: note('focus'),
      totals: { needsYou } as Totals,
    },
    watches: { all: folders },
    go: note('go'),
    shortcuts: note('shortcuts'),
  });
  return all;
}

const NEEDS = ['filter "needs-you"', 'focus null'];
const TRANSFERS = ['shortcuts false', 'go "transfers"', 'find null'];

test('what needs somebody is shown alone and without the details of another, and one row with its details', () => {
  expect(done({ kind: 'needs-you' })).toEqual([...TRANSFERS, ...NEEDS]);
  expect(done({ kind: 'row', item: 7 })).toEqual([...TRANSFERS, 'filter "all"', 'focus {"kind":"item","id":7}']);
});

test('a watched folder that alone needs somebody is shown where it is', () => {
  const needs: Wanted = { kind: 'needs-you' };
  const gone = watch(1, { doing: { kind: 'away', other: false } });
  expect(done(needs, 0, [watch(2), gone])).toEqual(['shortcuts false', 'go "watched"']);
  expect(done(needs, 2, [gone])).toEqual([...TRANSFERS, ...NEEDS]);
  expect(done(needs, 0, [watch(2)])).toEqual([...TRANSFERS, ...NEEDS]);
});

test('the menus outside lead to what the page has', () => {
  expect(done({ kind: 'files' })).toEqual(['shortcuts false', 'pick "files"']);
  expect(done({ kind: 'folder' })).toEqual(['shortcuts false', 'pick "folder"']);
  expect(done({ kind: 'settings' })).toEqual(['shortcuts false', 'go "settings"']);
  expect(done({ kind: 'shortcuts' })).toEqual(['shortcuts true']);
});
