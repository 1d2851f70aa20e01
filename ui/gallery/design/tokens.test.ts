// The window has the design's colours, sizes and times to the last digit. tokens.json holds them apart from the styles, so
// that a slip in those is one.
import { expect, test } from 'vitest';
import tokens from '../../src/styles/tokens.css?raw';
import design from './tokens.json';

type Values = Record<string, string>;

const all = {
  ...import.meta.glob<string>('../../src/**/*.css', { query: '?raw', import: 'default', eager: true }),
  ...import.meta.glob<string>('../../src/**/*.ts', { query: '?raw', import: 'default', eager: true }),
  ...import.meta.glob<string>('../../src/**/*.svelte', { query: '?raw', import: 'default', eager: true }),
};
const plain = (css: string): string => css.replace(/\/\*.*?\*\//gs, '');
const styles = Object.entries(all)
  .filter(([path]) => !path.endsWith('.ts'))
  .map(([path, whole]): [string, string] => [
    path,
    plain(path.endsWith('.css') ? whole : (/<style>(.*)<\/style>/s.exec(whole)?.[1] ?? '')),
  ]);
const others = styles.filter(([path]) => !path.endsWith('/tokens.css'));

/** What the rules of tokens.css say, in order: within which query, and of what. */
const said: { query: string; of: string; says: Values }[] = [];
{
  let query = '';
  let within = false;
  for (const [, words = '', brace = ''] of plain(tokens).matchAll(/([^{}]*)([{}])/g)) {
    if (within) Object.assign(said.at(-1)?.says ?? {}, values(words));
    else if (brace === '}') query = '';
    else if (words.trim().startsWith('@')) query = words.trim();
    else said.push({ query, of: words.trim(), says: {} });
    within = brace === '{' && !words.trim().startsWith('@');
  }
}

function values(body: string): Values {
  const lines = body.split(';').map((line) => line.split(/:(.*)/s).map((part) => part.trim().replace(/\s+/g, ' ')));
  return Object.fromEntries(lines.filter(([, value]) => value).map(([name = '', value = '']) => [name, value]));
}

test('colours, sizes and times are exactly those of the design, in light, in dark, and where nothing may move', () => {
  expect(said).toEqual([
    { query: '', of: ':root', says: { ...design.always, ...design.light } },
    { query: '@media (prefers-color-scheme: dark)', of: ':root:not([data-theme="light"])', says: design.dark },
    { query: '', of: ':root[data-theme="dark"]', says: design.dark },
    { query: '@media (prefers-reduced-motion: reduce)', of: ':root', says: design.still },
  ]);
});

test('no other style says what a token is, and every token that is asked for is one', () => {
  const known = Object.keys({ ...design.always, ...design.light });
  expect(others.length).toBeGreaterThan(50);
  for (const [path, style] of others) {
    const own = [...style.matchAll(/(?<=[{;\s])(--[\w-]+)\s*:/g)].map(([, name = '']) => name);
    expect([path, ...own.filter((name) => known.includes(name))]).toEqual([path]);
    const asked = [...style.matchAll(/var\((--[\w-]+)/g)].map(([, name = '']) => name);
    // How far a bar is, and where a line goes on to, are no matter of looks.
    const unknown = asked.filter((name) => ![...known, '--p', '--forward'].includes(name));
    expect([path, ...unknown]).toEqual([path]);
  }
});

test('a colour is a token, but for what the design itself says without one', () => {
  /** The buttons of a drawn window, and what moves within a switch. */
  const DRAWN = ['#FF5F57', '#FEBC2E', '#28C840', 'rgb(0 0 0 / .2)', '#fff'];
  for (const [path, style] of others) {
    const raw =
      style.match(/#[0-9a-f]{3,8}\b(?=[^{}]*[;}])|(?:rgb|hsl|hwb|lab|lch|oklab|oklch|color)a?\([^)]*\)/gi) ?? [];
    const meant = path.endsWith('/davit.css') ? DRAWN : [];
    expect([path, ...raw.filter((colour) => !meant.includes(colour))]).toEqual([path]);
  }
  /** The icon's own. */
  const ICON = ['"#11426F"', '"#fff"', '"#FF8A3D"'];
  for (const [path, whole] of Object.entries(all)) {
    const raw = whole.match(/(["'`])#[0-9a-f]{3,8}\1/gi) ?? [];
    const meant = path.endsWith('/Logo.svelte') ? ICON : [];
    expect([path, ...raw.filter((colour) => !meant.includes(colour))]).toEqual([path]);
  }
});

test('in forced colours nothing has a colour but the system’s', () => {
  const SYSTEM =
    /^(none|inherit|(\d+px solid )?(Canvas|CanvasText|Highlight|HighlightText|ButtonText|-?\d+px)|-?\d+px)$/;
  const blocks = others.flatMap(([path, style]) =>
    [...style.matchAll(/@media \(forced-colors: active\) \{((?:[^{}]*\{[^{}]*\})*)/g)].map(([, body = '']) => [
      path,
      body,
    ]),
  );
  expect(blocks.length).toBeGreaterThan(2);
  for (const [path, body = ''] of blocks)
    for (const [, says = ''] of body.matchAll(/\{([^{}]*)\}/g))
      for (const [name, value] of Object.entries(values(says)))
        expect([path, name, SYSTEM.test(value)]).toEqual([path, name, true]);
  // And so the design has it.
  const forced = blocks.map(([, body]) => body).join(' ');
  expect(forced).toContain('.pb { border: 1px solid CanvasText; } .pb > i { background: Highlight; }');
  expect(forced).toContain('.row[aria-selected="true"] { outline: 2px solid Highlight; outline-offset: -2px; }');
});

/** WCAG's relative luminance. */
function light(colour: string): number {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = parts.map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test.each(design.contrast)('$of on $on is as legible as the design measured', (pair) => {
  const measured = (theme: Values | undefined) => {
    const [of, on] = [light(theme?.[`--${pair.of}`] ?? ''), light(theme?.[`--${pair.on}`] ?? '')];
    return (Math.max(of, on) + 0.05) / (Math.min(of, on) + 0.05);
  };
  const [whole, dark] = said.map(({ says }) => says);
  expect(measured(whole)).toBeCloseTo(pair.light, 2);
  expect(measured(dark)).toBeCloseTo(pair.dark, 2);
});
