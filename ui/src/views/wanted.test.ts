import { expect, test } from 'vitest';
import type { Wanted } from '../ipc';
import { lead } from './wanted';

/** What is done, in its order, when somebody chose this. */
function done(what: Wanted): string[] {
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
    transfers: { filter: note('filter'), find: note('find'), focus: note('focus') },
    go: note('go'),
    shortcuts: note('shortcuts'),
  });
  return all;
}

const TRANSFERS = ['shortcuts false', 'go "transfers"', 'find null'];

test('what needs somebody is shown alone, and one row with its details', () => {
  expect(done({ kind: 'needs-you' })).toEqual([...TRANSFERS, 'filter "needs-you"']);
  expect(done({ kind: 'row', item: 7 })).toEqual([...TRANSFERS, 'filter "all"', 'focus {"kind":"item","id":7}']);
});

test('the menus outside lead to what the page has', () => {
  expect(done({ kind: 'files' })).toEqual(['shortcuts false', 'pick "files"']);
  expect(done({ kind: 'folder' })).toEqual(['shortcuts false', 'pick "folder"']);
  expect(done({ kind: 'settings' })).toEqual(['shortcuts false', 'go "settings"']);
  expect(done({ kind: 'shortcuts' })).toEqual(['shortcuts true']);
});
