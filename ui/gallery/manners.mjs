// What the eye and hand of others need: targets of 24 x 24, names, forced colours, and stillness for who asked for it.
import { open, painted } from './browser.mjs';
import { comparable, compare, isForced } from './pictures.mjs';

export const manners = {
  page: { width: 1080, height: 720 },
  async each({ page, home, job: name, shots, write, say }) {
    if (write && !isForced(name)) return;
    await page.emulateMedia({ forcedColors: 'none', reducedMotion: 'reduce' });
    await open(page, home, name, { pinned: true });
    for (const found of await page.evaluate(small)) say(`smaller than 24 x 24: ${found}`);
    for (const found of await page.evaluate(nameless)) say(found);
    for (const found of await page.evaluate(moving, { longest: 0, sweeps: 0 })) say(`with reduced motion: ${found}`);
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    for (const found of await page.evaluate(moving, MOTION)) say(found);
    if (name === 'folders' && !(await page.evaluate(sweeps))) say('the counting bar does not sweep');
    await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
    await painted(page);
    for (const found of await page.evaluate(forced)) say(`in forced colours: ${found}`);
    const seen = (await page.screenshot()).toString('base64');
    for (const found of await page.evaluate((picture) => window.gallery.faint(picture), seen))
      say(`in forced colours: ${found}`);
    // Not from where the scenario before it left the page.
    await page.evaluate(() => {
      if (document.activeElement === document.body) document.querySelector("a, button, input, [tabindex='0']")?.focus();
    });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Shift+Tab');
    for (const found of await page.evaluate(ringless)) say(`in forced colours: ${found}`);
    if (comparable && isForced(name))
      await compare(page, `${name}-forced`, await page.screenshot(), { shots, write, say });
  },
};

/** In milliseconds: what slides, and the bars, which take the second until the next news; the counting bar's turn. */
const MOTION = { longest: 200, bars: 1_000, sweeps: 1_600 };

/** Runs in the page: where a press 11 px beside the middle does not come to the control. */
function small() {
  const hit = (control, x, y) => {
    const top = document.elementFromPoint(x, y);
    // A menu lies upon what is beneath for as long as it is open.
    return top === null || control.contains(top) || (top.closest('.menu') !== null && !control.closest('.menu'));
  };
  // What lies half below an open menu has room enough once that is closed.
  const within = document.querySelector('[role=menu]') ?? document;
  return [...within.querySelectorAll('button, a, input')]
    .filter((control) => {
      const box = control.getBoundingClientRect();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      const middle = document.elementFromPoint(x, y);
      if (!middle || !control.contains(middle) || control.matches('input')) return false;
      const reach = 11.5;
      return ![
        [x - reach, y],
        [x + reach, y],
        [x, y - reach],
        [x, y + reach],
      ].every(([left, top]) => (box.width >= 24 && box.height >= 24) || hit(control, left, top));
    })
    .map((control) => (control.getAttribute('aria-label') ?? control.textContent ?? '').trim().slice(0, 50));
}

/** Runs in the page: the tree of rows, and what shapes and bars are called. */
function nameless() {
  const wrong = [];
  const grid = document.querySelector('[role=treegrid]');
  const rows = [...(grid?.querySelectorAll("[role=row][aria-level='1']") ?? [])];
  const count = Number(grid?.getAttribute('aria-rowcount'));
  for (const row of rows) {
    const at = Number(row.getAttribute('aria-rowindex'));
    if (!(at >= 1 && at <= count)) wrong.push(`a row has the index ${at} of ${count}`);
    if (!row.querySelector('svg[role=img][aria-label]')) wrong.push('a row has a shape without a name');
  }
  // Those of open folders are rows as all are, in their places.
  const every = [...(grid?.querySelectorAll('[role=row][aria-level]') ?? [])];
  const places = every.map((row) => Number(row.getAttribute('aria-rowindex'))).sort((one, other) => one - other);
  if (new Set(places).size !== places.length || places.some((at) => !(at >= 1 && at <= count)))
    wrong.push(`rows stand at ${places.join()} of ${count}`);
  for (const row of every.filter((one) => one.getAttribute('aria-level') === '2'))
    if (!row.hasAttribute('tabindex') || !row.hasAttribute('aria-posinset'))
      wrong.push('a file has no place among files');
  // Who listens to a button alone hears of what it is.
  const plain = (words) =>
    (words ?? '')
      .replace(/[\u2066-\u2069]/g, '')
      .replace(/\s+/g, ' ')
      .trim();
  const nameOf = (row) =>
    row.getAttribute('aria-label') ??
    row.querySelector('.mid, bdi')?.textContent ??
    row.closest('[role=rowgroup]')?.getAttribute('aria-label');
  for (const row of document.querySelectorAll('[role=row]'))
    for (const button of row.querySelectorAll('button:not([role^=menuitem])')) {
      const said = plain(button.getAttribute('aria-label') ?? button.textContent);
      if (!said.includes(plain(nameOf(row)))) wrong.push(`"${said}" does not say of what`);
    }
  for (const bar of document.querySelectorAll('[role=progressbar]'))
    if (!bar.getAttribute('aria-label')) wrong.push('a bar has no name');
  if (grid && rows.filter((row) => row.tabIndex === 0).length !== 1) wrong.push('the list is not one stop of Tab');
  if (document.querySelector('.app') && !document.querySelector('[role=status]')) wrong.push('no line is spoken');
  return wrong;
}

/** Runs in the page: what moves longer than it may. */
function moving({ longest, bars = longest, sweeps }) {
  const ms = (words) =>
    Math.max(...words.split(',').map((one) => parseFloat(one) * (one.trim().endsWith('ms') ? 1 : 1000)));
  const wrong = new Set();
  for (const element of document.querySelectorAll('body *')) {
    for (const part of [null, '::before', '::after']) {
      const style = getComputedStyle(element, part);
      const name = `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''}${part ?? ''}`;
      const most = element.matches('.pb > i') ? bars : longest;
      if (style.transitionProperty !== 'none' && ms(style.transitionDuration) > most)
        wrong.add(`${name} takes ${style.transitionDuration} to change`);
      const turns = element.matches('.scan > i') ? sweeps : longest;
      if (style.animationName !== 'none' && ms(style.animationDuration) > turns)
        wrong.add(`${name} moves for ${style.animationDuration}`);
      if (style.animationName !== 'none' && style.animationIterationCount !== '1' && turns === longest)
        wrong.add(`${name} moves again and again`);
    }
  }
  return [...wrong];
}

/** Runs in the page. */
function sweeps() {
  return document.getAnimations().some(({ effect }) => effect?.target?.matches('.scan > i'));
}

/**
 * Runs in the page: bars have an outline, and what is chosen, pressed or on looks otherwise than what is not, by more
 * than what forced colours take away.
 */
function forced() {
  const wrong = new Set();
  for (const bar of document.querySelectorAll('.pb'))
    if (getComputedStyle(bar).borderStyle === 'none') wrong.add('a bar has no outline');
  for (const box of document.querySelectorAll('.avatar'))
    if (getComputedStyle(box).outlineStyle === 'none') wrong.add('the box of the company has no outline');
  // What a style says of colours does not come to the screen there, unless they are the system's, or it is asked to stay.
  const looks = (one) =>
    [null, '::before', '::after']
      .map((of) => getComputedStyle(one, of))
      .map((style) =>
        [
          style.forcedColorAdjust === 'none' ? style.backgroundColor : '',
          style.borderStyle,
          style.borderWidth,
          style.outlineStyle,
          style.textDecorationLine,
          style.fontWeight,
          style.transform,
        ].join(' '),
      )
      .join('|');
  const pairs = [
    ["[role=row][aria-selected='true']", "[role=row][aria-selected='false'], [role=row]:not([aria-selected])"],
    ["[role=tab][aria-selected='true']", "[role=tab][aria-selected='false']"],
    ["[aria-pressed='true']", "[aria-pressed='false']"],
    ['.nav [aria-current]', '.nav a:not([aria-current])'],
    ['.seg label:has(:checked)', '.seg label:not(:has(:checked))'],
    ['[role=switch]:checked', '[role=switch]:not(:checked)'],
    ["[role^='menuitem'][aria-checked='true']", "[role^='menuitem'][aria-checked='false']"],
  ];
  for (const [chosen, others] of pairs)
    for (const one of document.querySelectorAll(chosen)) {
      const other = [...document.querySelectorAll(others)].find((each) => each.checkVisibility());
      if (other && one.checkVisibility() && looks(one) === looks(other))
        wrong.add(`${chosen} looks as what is not: "${one.textContent.trim().slice(0, 30)}"`);
    }
  const filled = document.createElement('i');
  filled.style.backgroundColor = 'Highlight';
  document.body.append(filled);
  const system = getComputedStyle(filled).backgroundColor;
  filled.remove();
  for (const bar of document.querySelectorAll('.pb > i'))
    if (getComputedStyle(bar).backgroundColor !== system)
      wrong.add(`the filled part of ${bar.parentElement.className} is not seen`);
  return [...wrong];
}

/** Runs in the page: what has the focus has a ring in a colour of the system's. */
function ringless() {
  const here = document.activeElement;
  if (!here || here === document.body) return [];
  const rings = [here, here.closest('.in, .sw, .seg label'), here.nextElementSibling].filter(Boolean);
  const seen = rings.some((one) => {
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(one);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && !/^rgba\(.*, 0\)$/.test(outlineColor);
  });
  return seen || here.matches("[role^='menuitem']")
    ? []
    : [`no ring on ${(here.textContent || here.tagName).trim().slice(0, 40)}`];
}
