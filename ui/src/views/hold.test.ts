import { expect, test } from 'vitest';
import { ground, held } from './hold';

const views = import.meta.glob<string>(['./*.svelte'], { query: '?raw', import: 'default', eager: true });

/** What stands at the window's upper edge, whatever it shows. */
const EDGE = /<(?:header class="bar|div class="panel-bar|aside class="side|main\s+class="wel)[^>]*>/g;

test('on macOS the window is taken hold of by whatever stands at its upper edge', () => {
  const edges = Object.entries(views).flatMap(([path, view]) => (view.match(EDGE) ?? []).map((one) => [path, one]));
  expect(edges.length).toBeGreaterThan(6);
  for (const [path, edge] of edges)
    expect([path, edge]).toEqual([path, expect.stringMatching(/\{\.\.\.(held|ground)\(/)]);
});

test('a window with a title bar is taken hold of there alone', () => {
  expect([held(false), ground(false)]).toEqual([{}, {}]);
  expect(held(true)).toEqual({ 'data-tauri-drag-region': 'deep' });
  expect(ground(true)).toEqual({ 'data-tauri-drag-region': '' });
});
