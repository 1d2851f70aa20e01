import { expect, test } from 'vitest';
import type { Details, Event } from '../ipc';
import { told } from './story';

/** The words of a story, oldest first, as it happened. */
function words(events: Event[], more: Partial<Pick<Details, 'pieces' | 'from'>> = {}): string[] {
  const story = events.map((what, at) => ({ at: at * 60, what })).reverse();
  const pieces = { total: 1_000, sent: 0, pieceSize: 1, cells: '', sending: 0, again: 0 };
  const of = { story, destination: 'Board / 2026', from: '/home/mara/Movies/cut.mov', size: 9e9, pieces, ...more };
  return told(of)
    .map((line) => line.words.replaceAll('\u00a0', ' '))
    .reverse();
}

test('what was added says from which folder', () => {
  expect(words([{ kind: 'added' }])).toEqual(['Added from the Movies folder.']);
  expect(words([{ kind: 'added' }], { from: 'C:\\Users\\mara\\Filme\\cut.mov' })).toEqual([
    'Added from the Filme folder.',
  ]);
  expect(words([{ kind: 'added' }], { from: '' })).toEqual(['Added.']);
});

test('what goes on says how far it was', () => {
  expect(
    words([
      { kind: 'trouble', code: 'offline' },
      { kind: 'recovered', pieces: 357 },
    ]),
  ).toEqual(['Connection lost. Waited 1 min.', 'Connection back. Continued at 35%.']);
  expect(words([{ kind: 'started' }, { kind: 'recovered', pieces: 220 }]).at(-1)).toBe(
    'Continued after restart at 22%.',
  );
  // By whom it was let go on is said with how far it was.
  const resumed = words([{ kind: 'paused', by: 'you' }, { kind: 'resumed' }, { kind: 'recovered', pieces: 357 }]);
  expect(resumed).toEqual(['Paused by you.', 'Continued at 35%.']);
  expect(words([{ kind: 'recovered', pieces: 3 }], { pieces: null })).toEqual([
    'Continued after restart. 3 pieces were already there.',
  ]);
});

test('what is tried again and stops for the same reason says so in one line', () => {
  const denied = { kind: 'failed', code: 'access-denied' } as const;
  expect(words([denied, { kind: 'resumed' }, denied])).toEqual([
    'Stopped. No access to Board › 2026.',
    'Tried again. Still no access.',
  ]);
  expect(words([denied, { kind: 'resumed' }, { kind: 'failed', code: 'read-error' }])).toHaveLength(3);
});

test('a piece that was damaged is one piece', () => {
  const damaged = words([{ kind: 'trouble', code: 'damaged-on-the-way' }]);
  expect(damaged).toEqual(['One piece was damaged on the way. Sending it again.']);
});
