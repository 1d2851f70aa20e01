import { expect, test } from 'vitest';
import type { NoUpdates, UpdatesNow, UpdateTrouble } from '../ipc';
import { rowOf } from './updates';

const row = (now: UpdatesNow) => rowOf({ version: '1.3.2', now }, (unix) => `at ${unix}`);

test('an update that is there is offered with what it costs, and with nothing that says so it is installed again', () => {
  expect(row({ kind: 'ready', version: '1.4.0', trouble: null })).toEqual({
    title: 'Version 1.4.0 is ready to install',
    hint: 'You have 1.3.2. Uploads pause for a few seconds and continue.',
    act: 'install',
  });
  expect(row({ kind: 'ready', version: '1.4.0', trouble: 'not-installed' }).act).toBe('install');
  expect(row({ kind: 'finishing', version: '1.4.0' }).act).toBe('later');
});

test('while it is looked for or fetched the button stays, and does nothing', () => {
  const rows = [row({ kind: 'looking' }), row({ kind: 'fetching', version: '1.4.0', percent: 41 })];
  expect(rows.map(({ act, busy }) => [act, busy])).toEqual([
    ['check', true],
    ['check', true],
  ]);
  expect(rows[1]?.hint).toContain('41');
});

test('whoever has no updates of Davit’s own is told who brings them, and is offered nothing', () => {
  for (const why of ['company', 'packages', 'place', 'build'] satisfies NoUpdates[]) {
    const { title, hint, act } = row({ kind: 'off', why });
    expect([title !== '', hint.includes('1.3.2'), act]).toEqual([true, true, null]);
  }
});

test('every trouble says which version is there still, and what can be done', () => {
  for (const trouble of ['unreachable', 'not-genuine', 'no-room', 'not-installed'] satisfies UpdateTrouble[]) {
    const { hint, act } = row({ kind: 'current', checked: 7, trouble });
    expect([hint.includes('1.3.2'), act]).toEqual([true, 'again']);
  }
  const current = row({ kind: 'current', checked: 7, trouble: null });
  expect([current.hint.includes('at 7'), current.act]).toEqual([true, 'check']);
  expect(row({ kind: 'current', checked: null, trouble: null }).hint).toBe('You have 1.3.2.');
});
