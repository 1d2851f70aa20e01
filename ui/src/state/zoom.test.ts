import { beforeEach, expect, test, vi } from 'vitest';
import type { Ipc } from '../ipc';
import { Zoom } from './zoom';

const kept = new Map<string, string>();

beforeEach(() => {
  kept.clear();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  });
});

function zoomed(): { zoom: Zoom; ipc: ReturnType<typeof vi.fn> } {
  const ipc = vi.fn(() => Promise.resolve(null));
  const zoom = new Zoom({ zoom: ipc } as unknown as Ipc);
  zoom.start();
  return { zoom, ipc };
}

test('it goes from 80 to 200 percent, and no further', () => {
  const { zoom, ipc } = zoomed();
  for (let more = 0; more < 9; more += 1) zoom.larger();
  expect(ipc.mock.calls.flat()).toEqual([110, 125, 150, 175, 200]);
  for (let more = 0; more < 9; more += 1) zoom.smaller();
  expect(ipc.mock.lastCall).toEqual([80]);
  zoom.usual();
  expect(ipc.mock.lastCall).toEqual([100]);
});

test('it is as it was left', () => {
  zoomed().zoom.larger();
  expect(zoomed().ipc.mock.calls.flat()).toEqual([110]);
  kept.set('davit.zoom', '5000');
  expect(zoomed().ipc).not.toHaveBeenCalled();
});
