import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FileSlice, Ipc } from '../ipc';
import { Files } from './files.svelte';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const slice = (total: number): FileSlice => ({ first: 0, total, rows: [] });

function asked() {
  const folderFiles = vi.fn<Ipc['folderFiles']>(() => Promise.resolve(slice(1)));
  return { folderFiles, files: new Files({ folderFiles } as unknown as Ipc, 7) };
}

test('files that somebody looks at are asked for again, though nothing else tells of their folder', async () => {
  const { folderFiles, files } = asked();
  const stop = files.start();
  files.window('', 0, 40);
  await vi.advanceTimersByTimeAsync(0);
  expect(files.slice).toEqual(slice(1));
  folderFiles.mockResolvedValue(slice(2));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(files.slice).toEqual(slice(2));
  stop();
  const { calls } = folderFiles.mock;
  const before = calls.length;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(calls).toHaveLength(before);
  expect(calls.at(-1)).toEqual([7, '', 0, 40]);
});

test('files that cannot be read say so, until they can be', async () => {
  const { folderFiles, files } = asked();
  folderFiles.mockRejectedValueOnce({ code: 'unexpected', owner: 'service', detail: '', reference: null });
  files.window('', 0, 40);
  await vi.advanceTimersByTimeAsync(0);
  expect([files.slice, files.problem?.code]).toEqual([null, 'unexpected']);
  files.again();
  await vi.advanceTimersByTimeAsync(0);
  expect([files.slice, files.problem]).toEqual([slice(1), null]);
});

/** What is asked is answered by hand, one question after the other. */
function slow() {
  const answers: ((slice: FileSlice) => void)[] = [];
  const { folderFiles, files } = asked();
  folderFiles.mockImplementation(() => new Promise((resolve) => answers.push(resolve)));
  const answer = async (total: number) => {
    answers.shift()?.(slice(total));
    await vi.advanceTimersByTimeAsync(0);
  };
  return { folderFiles, files, answer };
}

test('a late answer to what nobody looks for any more counts for nothing', async () => {
  const { folderFiles, files, answer } = slow();
  files.window('a', 0, 40);
  files.window('ab', 0, 40);
  files.window('abc', 0, 40);
  expect(folderFiles.mock.calls).toEqual([[7, 'a', 0, 40]]);
  await answer(9);
  expect(files.slice).toBeNull();
  expect(folderFiles.mock.calls.slice(1), 'what was wanted meanwhile is passed over').toEqual([[7, 'abc', 0, 40]]);
  await answer(1);
  expect(files.slice).toEqual(slice(1));
});

test('an answer that takes long is waited for and shown, and the next one is not asked for sooner than four times that', async () => {
  const { folderFiles, files, answer } = slow();
  const stop = files.start();
  files.window('', 0, 40);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(folderFiles).toHaveBeenCalledTimes(1);
  await answer(2);
  expect(files.slice).toEqual(slice(2));
  await vi.advanceTimersByTimeAsync(11_000);
  expect(folderFiles).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(folderFiles).toHaveBeenCalledTimes(2);
  // Closed before the answer: nobody asks on.
  files.window('a', 0, 40);
  stop();
  await answer(3);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(folderFiles).toHaveBeenCalledTimes(2);
});
