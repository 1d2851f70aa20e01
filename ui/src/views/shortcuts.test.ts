import { expect, test, vi } from 'vitest';
import { isBrowsers, meant, press, type Scope, SHORTCUTS, keyOf, listed } from './shortcuts';
import { text } from '../text';

interface Pressed {
  key: string;
  ctrl?: boolean;
  meta?: boolean;
  shift?: boolean;
  alt?: boolean;
}

const pressed = ({ key, ctrl = false, meta = false, shift = false, alt = false }: Pressed): KeyboardEvent =>
  ({ key, ctrlKey: ctrl, metaKey: meta, shiftKey: shift, altKey: alt }) as KeyboardEvent;

const scopes = Object.keys(SHORTCUTS) as Scope[];

test('every key in the table does what it stands for, and nothing else there has it', () => {
  for (const scope of scopes)
    for (const [does, all] of Object.entries(SHORTCUTS[scope]))
      for (const { key, mod, shift, alt } of all as { key: string; mod?: true; shift?: true; alt?: true }[]) {
        const held = { key, shift: shift ?? false, alt: alt ?? false };
        expect(meant(scope, pressed({ ...held, ctrl: mod ?? false })), `${scope} ${does}`).toBe(does);
        if (mod) expect(meant(scope, pressed({ ...held, meta: true }))).toBe(does);
      }
});

test('what holds everywhere is not taken by what holds in one place', () => {
  const every = (scope: Scope) => listed(scope, false).flatMap(([, keys]) => keys);
  const everywhere = new Set([...every('window'), 'Ctrl+F']);
  for (const scope of ['list', 'history', 'watched'] as const)
    expect(every(scope).filter((keys) => everywhere.has(keys))).toEqual([]);
});

test('letters are the same in capitals, and signs whatever a keyboard needs for them', () => {
  expect(meant('window', pressed({ key: 'O', ctrl: true, shift: true }))).toBe('folder');
  expect(meant('window', pressed({ key: 'O', ctrl: true }))).toBe('files');
  expect(meant('window', pressed({ key: '/', ctrl: true, shift: true }))).toBe('shortcuts');
  expect(meant('window', pressed({ key: '1', ctrl: true, shift: true }))).toBe('transfers');
  expect(meant('window', pressed({ key: 'z', ctrl: true, shift: true }))).toBeNull();
  expect(meant('window', pressed({ key: 'o', ctrl: true, alt: true }))).toBeNull();
});

test('what does nothing leaves the key to others', () => {
  const find = vi.fn();
  const hands = { find, leave: () => false };
  expect(press('page', pressed({ key: 'f', ctrl: true }), hands)).toBe(true);
  expect(find).toHaveBeenCalledOnce();
  expect(press('page', pressed({ key: 'Escape' }), hands)).toBe(false);
  expect(press('page', pressed({ key: 'x' }), hands)).toBe(false);
});

test('keys are written as they stand on the keyboard of each system', () => {
  const written = (mac: boolean) => [
    keyOf('window', 'folder', mac),
    keyOf('list', 'drop', mac),
    keyOf('list', 'earlier', mac),
    keyOf('window', 'previous', mac),
    keyOf('list', 'rest', mac),
  ];
  expect(written(true)).toEqual(['⇧⌘O', '⌫', '⌥↑', '⇧F6', 'Space']);
  expect(written(false)).toEqual(['Ctrl+Shift+O', 'Del', 'Alt+↑', 'Shift+F6', 'Space']);
});

test('every shortcut that is listed has words, and all words are of one', () => {
  const say = text.shortcuts;
  const lists = { list: say.list, history: say.historyList, watched: say.watchedList };
  const words = { window: say.window, page: say.page, ...lists };
  for (const scope of scopes) expect(Object.keys(words[scope]).sort()).toEqual(Object.keys(SHORTCUTS[scope]).sort());
});

test('what a browser does at a key is known, and what is typed is no such key', () => {
  const keys: Pressed[] = [{ key: 'F5' }, { key: 'R', ctrl: true, shift: true }, { key: 'p', ctrl: true }];
  for (const one of keys) expect(isBrowsers(pressed(one)), one.key).toBe(true);
  for (const key of ['p', 'F6', 'ArrowLeft', 'Enter']) expect(isBrowsers(pressed({ key })), key).toBe(false);
  for (const key of ['c', 'v', 'x', 'z', 'a']) expect(isBrowsers(pressed({ key, ctrl: true })), key).toBe(false);
});

/** DESIGN section 5, line by line. */
test('every key of the design is in the table', () => {
  const all = scopes.flatMap((scope) => listed(scope, false).flatMap(([, keys]) => keys));
  const designed =
    'Ctrl+1 Ctrl+2 Ctrl+3 Ctrl+, Ctrl+O Ctrl+Shift+O Ctrl+V ↑ ↓ Home End ← → Ctrl+A ↵ Esc F6 Shift+F6 Shift+F10 Menu ' +
    'Space Ctrl+Shift+P Ctrl+R Del Ctrl+L Ctrl+Shift+R Alt+↑ Alt+↓ Ctrl+F Ctrl+/ Ctrl+Z Shift+↑ Shift+↓ Ctrl++ Ctrl+−';
  expect(designed.split(' ').filter((keys) => !all.includes(keys))).toEqual([]);
  expect(all).toEqual(expect.arrayContaining(['Page Up', 'Page Down', 'A … Z']));
});
