// What the eye and hand of others need: targets of 24 x 24, forced colours, and stillness for who asked for it.
import { open, still } from './browser.mjs';

const SEEN = [
  'list',
  'list-open',
  'states',
  'details-uploading',
  'several-selected',
  'empty',
  'drop-several-places',
  'history-search',
];

export async function manners({ browser, home, names, shots }) {
  const wrong = [];
  const page = await still(browser, { width: 1080, height: 720 });
  for (const name of names) {
    await open(page, home, name);
    for (const found of await page.evaluate(small)) wrong.push(`${name}: smaller than 24 x 24: ${found}`);
    for (const found of await page.evaluate(nameless)) wrong.push(`${name}: ${found}`);
  }
  await page.emulateMedia({ forcedColors: 'active' });
  for (const name of SEEN.filter((one) => names.includes(one))) {
    await open(page, home, name);
    await page.screenshot({ path: `${shots}${name}-forced.png` });
    for (const found of await page.evaluate(forced)) wrong.push(`${name}, forced colours: ${found}`);
  }
  await page.emulateMedia({ forcedColors: 'none' });
  if (names.includes('folders')) {
    await open(page, home, 'folders');
    const moving = () => page.evaluate(() => document.getAnimations().length);
    if ((await moving()) > 0) wrong.push('folders: something moves with reduced motion');
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    await open(page, home, 'folders');
    if ((await moving()) === 0) wrong.push('folders: the counting bar does not sweep');
  }
  await page.context().close();
  return { checks: `${names.length} scenarios`, wrong };
}

/** Runs in the page: where a press 11 px beside the middle does not come to the control. */
function small() {
  const hit = (control, x, y) => {
    const top = document.elementFromPoint(x, y);
    return top === null || control.contains(top);
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
  for (const bar of document.querySelectorAll('[role=progressbar]'))
    if (!bar.getAttribute('aria-label')) wrong.push('a bar has no name');
  if (grid && rows.filter((row) => row.tabIndex === 0).length !== 1) wrong.push('the list is not one stop of Tab');
  if (document.querySelector('.app') && !document.querySelector('[role=status]')) wrong.push('no line is spoken');
  return wrong;
}

/** Runs in the page: bars have an outline, what is selected has a ring. */
function forced() {
  const wrong = [];
  for (const bar of document.querySelectorAll('.pb'))
    if (getComputedStyle(bar).borderStyle === 'none') wrong.push('a bar has no outline');
  for (const row of document.querySelectorAll("[role=row][aria-selected='true']"))
    if (getComputedStyle(row).outlineStyle === 'none') wrong.push('what is selected has no ring');
  return wrong;
}
