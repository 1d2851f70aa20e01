// Every shortcut of the window. What handles keys and what lists them read this one table: DESIGN section 5.
import { text } from '../text';

export interface Keys {
  /** As the system names it; letters in lower case. */
  key: string;
  /** ⌘ on macOS, Ctrl elsewhere. */
  mod?: true;
  shift?: true;
  alt?: true;
  /** Another key for the same, which goes without saying. */
  also?: true;
}

const mod = (key: string): Keys => ({ key, mod: true });
const modShift = (key: string): Keys => ({ key, mod: true, shift: true });
const shift = (key: string): Keys => ({ key, shift: true });
const alt = (key: string): Keys => ({ key, alt: true });
const also = (keys: Keys): Keys => ({ ...keys, also: true });
const plain = (...keys: string[]): Keys[] => keys.map((key) => ({ key }));

/** Letters that are typed one after the other; no key is called so. */
const LETTERS = 'Letters';
const MOVES = plain('ArrowUp', 'ArrowDown', 'Home', 'End', 'PageUp', 'PageDown');
const MENU = [shift('F10'), ...plain('ContextMenu')];

/** By where they mean something, and what they do. */
export const SHORTCUTS = {
  window: {
    transfers: [mod('1')],
    watched: [mod('2')],
    history: [mod('3')],
    settings: [mod(',')],
    files: [mod('o')],
    folder: [modShift('o')],
    paste: [mod('v')],
    toggleAll: [modShift('p')],
    undo: [mod('z')],
    next: plain('F6'),
    previous: [shift('F6')],
    larger: [mod('+'), also(mod('='))],
    smaller: [mod('-')],
    usualSize: [mod('0')],
    shortcuts: [mod('/')],
  },
  page: {
    find: [mod('f')],
    leave: plain('Escape'),
  },
  list: {
    move: MOVES,
    extend: MOVES.map(({ key }) => shift(key)),
    all: [mod('a')],
    select: [mod(' ')],
    sideways: plain('ArrowLeft', 'ArrowRight'),
    type: plain(LETTERS),
    details: plain('Enter'),
    rest: plain(' '),
    main: [mod('r')],
    drop: [...plain('Delete'), ...plain('Backspace').map(also)],
    link: [mod('l')],
    show: [modShift('r')],
    earlier: [alt('ArrowUp')],
    later: [alt('ArrowDown')],
    first: [alt('Home')],
    last: [alt('End')],
    menu: MENU,
    unselect: plain('Escape'),
  },
  history: {
    move: MOVES,
    details: plain('Enter'),
    link: [mod('l')],
    show: [modShift('r')],
    menu: MENU,
  },
  watched: {
    move: plain('ArrowUp', 'ArrowDown', 'Home', 'End'),
    edit: plain('Enter'),
    menu: MENU,
  },
} as const satisfies Record<string, Record<string, readonly Keys[]>>;

export type Scope = keyof typeof SHORTCUTS;
export type Does<S extends Scope> = keyof (typeof SHORTCUTS)[S] & string;
/** What each does; one that answers false did nothing, and the key means what it does elsewhere. */
export type Hands<S extends Scope> = Record<Does<S>, (event: KeyboardEvent) => unknown>;

/** On many keyboards a sign needs Shift, or a digit does. */
const needsShift = (key: string): boolean => key.length === 1 && !/\p{L}/u.test(key);

function pressed({ key, mod, shift, alt }: Keys, event: KeyboardEvent): boolean {
  if (key !== (event.key.length === 1 ? event.key.toLowerCase() : event.key)) return false;
  const shifted = needsShift(key) || event.shiftKey === (shift ?? false);
  return shifted && (event.ctrlKey || event.metaKey) === (mod ?? false) && event.altKey === (alt ?? false);
}

/**
 * What WebView2 does by itself at a key, and a program does not: it reloads, prints, looks for words, saves, goes back. It can be
 * told to do none of it, but not by who writes no `unsafe`; a page that takes the key has the same of it.
 */
const BROWSER: readonly Keys[] = [
  ...plain('F3', 'F5', 'F7', 'BrowserBack', 'BrowserForward', 'BrowserRefresh', 'BrowserSearch'),
  ...['f', 'g', 'j', 'p', 'r', 's', 'u', 'F5'].map(mod),
  ...['g', 'r', 's'].map(modShift),
  ...['F3', 'F5'].map(shift),
  ...['ArrowLeft', 'ArrowRight'].map(alt),
];

/** Whether a key is the web view's own there. */
export const isBrowsers = (event: KeyboardEvent): boolean => BROWSER.some((keys) => pressed(keys, event));

/** What a key means there. */
export function meant<S extends Scope>(scope: S, event: KeyboardEvent): Does<S> | null {
  const all = Object.entries(SHORTCUTS[scope]) as [Does<S>, readonly Keys[]][];
  return all.find(([, keys]) => keys.some((one) => pressed(one, event)))?.[0] ?? null;
}

/** Does what the key means there. Answers whether anything was done. */
export function press<S extends Scope>(scope: S, event: KeyboardEvent, hands: Hands<S>): boolean {
  const does = meant(scope, event);
  return does !== null && hands[does](event) !== false;
}

const say = text.shortcuts;

/** Keys as they stand on the keyboard. */
function written({ key, mod, shift, alt }: Keys, mac: boolean): string {
  const names: Partial<Record<string, string | ((mac: boolean) => string)>> = say.names;
  const known = names[key];
  const name = typeof known === 'function' ? known(mac) : (known ?? key.toUpperCase());
  const held = alt ? 'alt' : mod ? (shift ? 'modShift' : 'mod') : shift ? 'shift' : null;
  return held ? say.held[held]({ mac, key: name }) : name;
}

const shown = (all: readonly Keys[], mac: boolean): string[] =>
  all.filter((keys) => !keys.also).map((keys) => written(keys, mac));

/** What there is in one place, with its keys as they are written. */
export const listed = (scope: Scope, mac: boolean): [string, string[]][] =>
  Object.entries<readonly Keys[]>(SHORTCUTS[scope]).map(([does, all]) => [does, shown(all, mac)]);

/** The first keys for something, for a menu. */
export const keyOf = <S extends Scope>(scope: S, does: Does<S>, mac: boolean): string =>
  shown(SHORTCUTS[scope][does] as readonly Keys[], mac)[0] ?? '';
