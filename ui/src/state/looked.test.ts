import { afterEach, expect, test, vi } from 'vitest';
import type { Ipc, Preview, Problem, Root, Wishes } from '../ipc';
import { Looked } from './looked.svelte';
import { usual } from './sample';

const root: Root = { kind: 'given', id: 7 };
const nothing: Preview = { taken: 0, bytes: 0, left: 0, someTaken: [], someLeft: [] };
const problem = (code: Problem['code']): Problem => ({ code, owner: 'user', detail: '', reference: null });
const lines = [{ kind: 'include' as const, pattern: '*.mov' }];

/** Answers are given by hand. */
function asked() {
  const answers: { tell: (told: Preview) => void; refuse: (why: Problem) => void }[] = [];
  const checks: { tell: (fine: null) => void; refuse: (why: Problem) => void }[] = [];
  const previewWatch = vi.fn(() => new Promise<Preview>((tell, refuse) => answers.push({ tell, refuse })));
  const checkWishes = vi.fn(() => new Promise<null>((tell, refuse) => checks.push({ tell, refuse })));
  return { looked: new Looked({ previewWatch, checkWishes } as unknown as Ipc), answers, checks };
}

afterEach(() => {
  vi.useRealTimers();
});

test('the last question counts, whichever is answered last', async () => {
  const { looked, answers } = asked();
  const both = [looked.ask(root, usual, 'lines'), looked.ask(root, { ...usual, allowEmpty: false }, 'lines')];
  answers[1]?.tell({ ...nothing, taken: 2 });
  answers[0]?.tell({ ...nothing, taken: 1 });
  await Promise.all(both);
  expect(looked.preview?.taken).toBe(2);
});

test('the folder is looked at only for what decides on its files, and all else is checked', async () => {
  const { looked, answers, checks } = asked();
  const first = looked.ask(root, usual, 'lines');
  answers[0]?.tell({ ...nothing, taken: 5 });
  await first;
  for (const some of [{ under: '{when}' }, { settle: 30 }, { mode: 'poll' }, { hours: null }] as Partial<Wishes>[])
    void looked.ask(root, { ...usual, ...some }, 'lines');
  expect([answers.length, checks.length]).toEqual([1, 4]);
  const bad = { ...usual, under: '{when}' };
  const refuses = looked.ask(root, bad, 'lines');
  checks[4]?.refuse(problem('bad-input'));
  await refuses;
  expect(looked.refused(bad)?.at).toBe('under');
  expect(looked.preview?.taken).toBe(5);
  const mended = looked.ask(root, usual, 'lines');
  checks[5]?.tell(null);
  await mended;
  expect(looked.refused(usual)).toBeNull();
  const others: Partial<Wishes>[] = [
    { lines },
    { leftovers: [] },
    { bounds: { ...usual.bounds, depth: 1 } },
    { allowEmpty: false },
    { links: 'followed' },
    { placeholders: 'fetched' },
  ];
  for (const some of others) void looked.ask(root, { ...usual, ...some }, 'lines');
  void looked.ask({ kind: 'given', id: 8 }, usual, 'lines');
  expect([answers.length, checks.length]).toEqual([8, 6]);
});

test('what is written letter by letter is asked once nobody writes on', () => {
  vi.useFakeTimers();
  const { looked, answers } = asked();
  let leave = looked.soon(root, usual, 'lines');
  expect(answers).toHaveLength(1);
  for (const pattern of ['*', '*.', '*.m']) {
    leave();
    leave = looked.soon(root, { ...usual, lines: [{ kind: 'include', pattern }] }, 'lines');
    vi.advanceTimersByTime(100);
  }
  expect(answers).toHaveLength(1);
  vi.advanceTimersByTime(50);
  expect(answers).toHaveLength(2);
});

test('what was refused is told where it stands until something else stands there', async () => {
  const { looked, answers, checks } = asked();
  const bad: Wishes = { ...usual, leftovers: ['a['] };
  const refuses = looked.ask(root, bad, 'leftovers');
  answers[0]?.refuse(problem('bad-input'));
  await refuses;
  expect(looked.refused({ ...bad, settle: 30 })?.at).toBe('leftovers');
  expect(looked.refused({ ...bad, leftovers: ['a'] })).toBeNull();
  expect(looked.why).toBeNull();
  void looked.ask(root, { ...bad, settle: 30 }, 'leftovers');
  expect([answers.length, checks.length], 'nothing was looked at yet').toEqual([2, 0]);
});

test('a drive that is away is told, and refuses nothing', async () => {
  const { looked, answers, checks } = asked();
  const away = looked.ask(root, usual, 'lines');
  answers[0]?.refuse(problem('source-offline'));
  await away;
  expect(looked.why).toBe('The drive does not answer.');
  expect(looked.refused(usual)).toBeNull();
  const other = looked.ask(root, { ...usual, settle: 30 }, 'lines');
  checks[0]?.tell(null);
  await other;
  expect(looked.why).toBe('The drive does not answer.');
  expect(answers).toHaveLength(1);
});
