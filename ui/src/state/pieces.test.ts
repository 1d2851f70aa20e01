import { expect, test, vi } from 'vitest';
import type { Ipc } from '../ipc';
import { BOUNDS } from '../ipc/bindings';
import { Pieces, USUAL } from './pieces.svelte';
import { Toasts } from './toasts.svelte';

test('what is chosen holds at once, and is put back where it is refused', async () => {
  const setConcurrency = vi.fn<Ipc['setConcurrency']>(() => Promise.resolve(null));
  const toasts = new Toasts();
  const ipc = { concurrency: () => Promise.resolve(8), setConcurrency } as unknown as Ipc;
  const said = vi.fn();
  const pieces = new Pieces(ipc, toasts, said);
  expect(pieces.now).toBeUndefined();
  await pieces.load();
  expect(pieces.now).toBe(8);
  await pieces.choose(null);
  expect(pieces.now).toBeNull();
  expect(setConcurrency).toHaveBeenLastCalledWith(null);

  setConcurrency.mockRejectedValueOnce({ code: 'set-by-company', detail: 'concurrency' });
  await pieces.choose(16);
  expect(pieces.now).toBe(8);
  expect(toasts.now).not.toBeNull();
  expect(said, 'who says it may be another').toHaveBeenCalledTimes(2);
});

test('one piece can be chosen, and as many as the records take', () => {
  expect([USUAL[0], USUAL.at(-1)]).toEqual([1, BOUNDS.mostPieces]);
});
