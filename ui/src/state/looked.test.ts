import { expect, test } from 'vitest';
import type { Ipc, Preview, Problem, Root, Wishes } from '../ipc';
import { Looked } from './looked.svelte';
import { usual } from './sample';

const root: Root = { kind: 'given', id: 7 };
const nothing: Preview = { taken: 0, bytes: 0, left: 0, someTaken: [], someLeft: [] };
const problem = (code: Problem['code']): Problem => ({ code, owner: 'user', detail: '', reference: null });

/** Answers are given by hand. */
function asked() {
  const answers: { tell: (told: Preview) => void; refuse: (why: Problem) => void }[] = [];
  const previewWatch = () => new Promise<Preview>((tell, refuse) => answers.push({ tell, refuse }));
  return { looked: new Looked({ previewWatch } as unknown as Ipc), answers };
}

test('the last question counts, whichever is answered last', async () => {
  const { looked, answers } = asked();
  const both = [looked.ask(root, usual, 'lines'), looked.ask(root, { ...usual, allowEmpty: false }, 'lines')];
  answers[1]?.tell({ ...nothing, taken: 2 });
  answers[0]?.tell({ ...nothing, taken: 1 });
  await Promise.all(both);
  expect(looked.preview?.taken).toBe(2);
});

test('what was refused is told where it stands until something else stands there', async () => {
  const { looked, answers } = asked();
  const bad: Wishes = { ...usual, leftovers: ['a['] };
  const refuses = looked.ask(root, bad, 'leftovers');
  answers[0]?.refuse(problem('bad-input'));
  await refuses;
  expect(looked.refused({ ...bad, settle: 30 })?.at).toBe('leftovers');
  expect(looked.refused({ ...bad, leftovers: ['a'] })).toBeNull();
  expect(looked.why).toBeNull();
});

test('a drive that is away is told, and refuses nothing', async () => {
  const { looked, answers } = asked();
  const away = looked.ask(root, usual, 'lines');
  answers[0]?.refuse(problem('source-offline'));
  await away;
  expect(looked.why).toBe('The drive does not answer.');
  expect(looked.refused(usual)).toBeNull();
});
