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

test('a late answer to what nobody looks for any more counts for nothing', async () => {
  const { folderFiles, files } = asked();
  let answer: (slice: FileSlice) => void = () => undefined;
  folderFiles.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
  files.window('a', 0, 40);
  files.window('ab', 0, 40);
  await vi.advanceTimersByTimeAsync(0);
  answer(slice(9));
  await vi.advanceTimersByTimeAsync(0);
  expect(files.slice).toEqual(slice(1));
});
