import { expect, test, vi } from 'vitest';
import type { CheckLine, Checked, Ipc } from '../ipc';
import { Diagnostics } from './diagnostics.svelte';
import { Toasts } from './toasts.svelte';

const line = (step: CheckLine['step']): CheckLine => ({
  step,
  verdict: 'fine',
  found: { kind: 'straight' },
  detail: '',
});

/** A check that tells what it is given, and ends when it is let. */
function checking() {
  const runs: { tell: (line: CheckLine) => void; end: (all: Checked | null) => void }[] = [];
  const ipc = {
    checkConnection: (_: unknown, tell: (line: CheckLine) => void) =>
      new Promise<Checked | null>((end) => runs.push({ tell, end })),
    stopCheck: () => Promise.resolve(null),
  } as unknown as Ipc;
  return { diagnostics: new Diagnostics(ipc, new Toasts()), runs };
}

test('each line shows as it is found, and the end says when that was', async () => {
  const { diagnostics, runs } = checking();
  const ended = diagnostics.check('rushes');
  runs[0]?.tell(line('names'));
  expect(diagnostics.checking).toBe(true);
  expect(diagnostics.lines.map(({ step }) => step)).toEqual(['names']);
  runs[0]?.end({ at: 1_800_000_000, lines: [line('names'), line('proxy')] });
  await ended;
  expect(diagnostics.checking).toBe(false);
  expect(diagnostics.at).toBe(1_800_000_000);
  expect(diagnostics.lines).toHaveLength(2);
});

test('what an earlier check still finds is not told of the next one', async () => {
  const { diagnostics, runs } = checking();
  const first = diagnostics.check(null);
  void diagnostics.check(null);
  runs[0]?.tell(line('names'));
  runs[0]?.end(null);
  await first;
  expect(diagnostics.lines).toEqual([]);
  expect(diagnostics.checking).toBe(true);
  runs[1]?.tell(line('proxy'));
  expect(diagnostics.lines.map(({ step }) => step)).toEqual(['proxy']);
  runs[1]?.end(null);
  await vi.waitFor(() => expect(diagnostics.checking).toBe(false));
});
