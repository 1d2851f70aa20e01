import { expect, test } from 'vitest';
import type { CheckLine } from '../ipc';
import { shown } from './checked';

const line = (step: CheckLine['step'], found: CheckLine['found'], verdict: CheckLine['verdict'] = 'fine') =>
  shown({ step, verdict, found, detail: '' });

test('a clock says how far off it is and which way', () => {
  expect(line('clock', { kind: 'clock', ahead: 12 }).words).toBe('Right');
  const fast = line('clock', { kind: 'clock', ahead: 240 }, 'attention');
  expect(fast.words.replaceAll('\u00a0', ' ')).toBe('4 min fast. The storage refuses more than 15 min.');
  expect(line('clock', { kind: 'clock', ahead: -1260 }, 'wrong').words).toContain('slow');
});

test('a way that does not get through is told, whichever it is', () => {
  const ways = (accelerated: number | null, direct: number | null) =>
    line('ways', { kind: 'ways', accelerated, acceleratedMs: null, direct, directMs: null });
  expect(ways(null, 9e6).words).toBe('Does not get through. Uploads go straight.');
  expect(ways(9e6, null).words).toBe('Gets through; the straight way does not.');
  expect(ways(9e6, 3e6).words).toBe('Faster than the straight way');
  expect(ways(3e6, 9e6).figure.replaceAll('\u00a0', ' ')).toBe('3.0 MB/s, straight 9.0 MB/s');
});

test('a certificate that is not trusted names who issued it', () => {
  const found = { kind: 'problem' as const, code: 'untrusted-server' as const, issuer: 'Example Filter CA' };
  const told = line('certificate', found, 'wrong');
  expect(told.words).toContain('The certificate is from Example Filter CA.');
  expect(told).toMatchObject({ form: 'failed' });
});
