import { expect, test } from 'vitest';
import type { WatchView } from '../ipc';
import { counts as none, usual, watch as known } from '../state/sample';
import { choicesOf, details, example, lineOf, needsSomebody, rule, standing, trouble } from './watch';

const NOW = Date.UTC(2026, 10, 23, 16, 2, 30);
const watch = (more: Partial<WatchView> = {}) => known(1, more);

test('what uploads is told beside the files of today', () => {
  const counts = { ...none, moving: 3, done: 1_000, today: 142 };
  expect(standing(watch({ counts }), NOW)).toEqual(['Uploading 3', '142 files today']);
});

test('what waits is told as waiting, and what is written for very long as still being written', () => {
  const told = (some: Partial<typeof none>) => standing(watch({ counts: { ...none, ...some } }), NOW);
  expect(told({ stalled: 2, today: 9 })).toEqual(['Waiting', '2 files']);
  expect(told({ moving: 1, stalled: 2, today: 9 })).toEqual(['Uploading 1', '9 files today']);
  expect(told({ stalled: 1, settling: 2 })).toEqual(['Being written', '2 files']);
  expect(told({ settling: 2, stillWritten: 1 })).toEqual(['Being written', '2 files']);
  expect(told({ settling: 2, stillWritten: 2 })).toEqual(['Still being written', '2 files']);
  expect(told({ settling: 1, stillWritten: 1, stalled: 2 })).toEqual(['Waiting', '2 files']);
  expect(told({ waiting: 1 })).toEqual(['To be sent later', '1 file']);
});

test('since when a folder rests, and its last file, have their day from midnight on', () => {
  const at = (hour: number, day: number) => new Date(2026, 10, day, hour, 5).getTime();
  const rests = watch({ doing: { kind: 'paused', since: at(17, 23) / 1000 } });
  expect(standing(rests, at(23, 23))).toEqual(['Paused', 'since 17:05']);
  expect(standing(rests, at(0, 24))).toEqual(['Paused', 'since Monday']);
  expect(standing(watch({ lastDone: at(17, 23) / 1000 }), at(0, 24))[1]).toBe('Last file Monday');
});

test('a folder that another Davit watches says what can be done', () => {
  const told = trouble(watch({ doing: { kind: 'elsewhere', process: 4_711 } }));
  expect(told?.words).toContain('process 4711. Close it there, or let it go on there.');
});

test('of what is wrong the nearest is told, with one thing to do', () => {
  const counts = { ...none, failed: 2 };
  expect(trouble(watch())).toBeNull();
  expect(trouble(watch({ warning: { code: 'file-stays', file: 'day/a.mov' } }))).toBeNull();
  const away = trouble(watch({ doing: { kind: 'away', other: false }, drive: 'PHOTO-SSD', counts }));
  expect(away).toEqual({ words: 'Plug in the drive PHOTO-SSD to continue.', todo: 'another' });
  const gone = trouble(watch({ doing: { kind: 'away', other: false } }));
  expect(gone?.words).toBe('This folder is not where it was.');
  const other = trouble(watch({ doing: { kind: 'away', other: true }, drive: 'PHOTO-SSD' }));
  expect(other?.words).toBe('Another folder is in its place: choose it if it is the right one.');
  expect(other?.todo).toBe('another');
  expect(trouble(watch({ counts, problem: 'access-denied' }))).toEqual({ words: '2 files need you.', todo: 'show' });
  const unreadable = trouble(watch({ problem: 'file-unreadable' }));
  expect(unreadable).toEqual({ words: 'Davit is not allowed to read this folder.', todo: 'check' });
});

test('a folder that is gone or cannot be read counts, and its files count in the list', () => {
  const failed = { ...none, failed: 2 };
  const all: [Partial<WatchView>, boolean][] = [
    [{}, false],
    [{ doing: { kind: 'away', other: false } }, true],
    [{ doing: { kind: 'away', other: true }, counts: failed }, true],
    [{ problem: 'file-unreadable' }, true],
    [{ problem: 'access-denied', counts: failed }, false],
    [{ doing: { kind: 'elsewhere', process: null } }, false],
  ];
  for (const [is, counted] of all) expect(needsSomebody(watch(is))).toBe(counted);
});

test('what cannot be uploaded is counted, and which it is can be seen', () => {
  const counts = { ...none, unreadable: 1, refused: 2 };
  const [closed, names] = ['1 file or folder in it cannot be read.', 'The storage refuses 2 names in it.'];
  const one = watch({ counts, problem: 'file-unreadable' });
  expect(trouble(one)).toEqual({ words: closed, todo: 'which' });
  expect(details(one, NOW).slice(3)).toEqual([closed, names]);
  const other = watch({ counts: { ...none, refused: 2 }, problem: 'source-offline' });
  expect(trouble(other)?.words).toBe('The drive does not answer.');
  expect(details(other, NOW).slice(3)).toEqual([names, 'The drive does not answer.']);
});

test('details say how changes are noticed, and why', () => {
  const noticed = (notices: WatchView['notices']) => details(watch({ notices }), NOW)[0];
  expect(noticed({ kind: 'live' })).toBe('Changes are told by the system.');
  expect(noticed({ kind: 'polls', why: 'remote' })).toContain('on another computer');
  expect(noticed({ kind: 'polls', why: 'limit', most: 65_536 })).toContain('fs.inotify.max_user_watches');
  expect(noticed({ kind: 'polls', why: 'instances', most: 128 })).toContain('fs.inotify.max_user_instances');
});

test('details say what was lost and found, and nothing of what is not there', () => {
  expect(details(watch(), NOW)).toHaveLength(3);
  const lost = details(watch({ lost: 2, recovered: 1, counts: { ...none, passed: 1, placeholders: 4 } }), NOW);
  expect(lost).toContain('The system lost word of changes 2 times. Full checks found 1 file.');
  expect(lost).toHaveLength(5);
  const noneLost = 'No word of changes was lost.';
  expect(details(watch(), NOW)).toContain(noneLost);
  // Some systems lose events without a word.
  const silent = details(watch({ lost: 0, recovered: 500 }), NOW);
  expect(silent).toContain('The system told of no loss. Full checks found 500 files.');
  expect(silent).not.toContain(noneLost);
});

test('an example is a file in a folder, and what it becomes', () => {
  expect(example(['A007.mxf'], 'Projects / Rushes', '')).toBeNull();
  const taken = ['A007.mxf', 'Day 07/A007.mxf'];
  expect(example(taken, 'Projects / Rushes', '')).toEqual(['Day 07/A007.mxf', 'Rushes/Day 07/A007.mxf']);
  expect(example(taken, 'Rushes', '{date}')?.[1]).toBe('Rushes/{date}/Day 07/A007.mxf');
  expect(example(taken, 'Rushes', '/in//{date}/')?.[1]).toBe('Rushes/in/{date}/Day 07/A007.mxf');
});

test('what is typed is a pattern, and one with "not" before it leaves', () => {
  expect(lineOf(' *.mov ')).toEqual({ kind: 'include', pattern: '*.mov' });
  expect(lineOf('not *.tmp')).toEqual({ kind: 'exclude', pattern: '*.tmp' });
  expect(lineOf('  ')).toBeNull();
});

test('a rule names what is included and what becomes of it', () => {
  expect(rule(usual)).toBe('All files, keep after upload');
  const lines = [{ kind: 'include' as const, pattern: '*.mov' }];
  expect(rule({ ...usual, lines, after: 'move' })).toBe('.mov, then move to _uploaded');
  const of = (...patterns: string[]) =>
    rule({ ...usual, lines: patterns.map((pattern) => ({ kind: 'include' as const, pattern })) });
  expect(of('*.mov', '*.MXF')).toBe('Video files, keep after upload');
  expect(of('*.mov', '*.mxf', '*.wav')).toBe('Video and sound files, keep after upload');
  expect(of('*.pdf')).toBe('PDF files, keep after upload');
  expect(of('*.czi', '*.lif')).toBe('.czi and .lif, keep after upload');
  expect(of('*.mov', 'A0*')).toBe('.mov and A0*, keep after upload');
});

test('of choices the one that holds is checked', () => {
  const chosen: string[] = [];
  const choices = choicesOf({ skipped: 'Leave', followed: 'Follow' }, 'followed', (one) => chosen.push(one));
  expect(choices.map(({ label, checked }) => [label, checked])).toEqual([
    ['Leave', false],
    ['Follow', true],
  ]);
  choices[0]?.run();
  expect(chosen).toEqual(['skipped']);
});
