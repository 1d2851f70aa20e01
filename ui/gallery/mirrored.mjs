// From right to left: everything stands where its mirror would show it, and nothing lies upon anything else.
import { open } from './browser.mjs';

export const mirrored = {
  page: { width: 1080, height: 720 },
  async each({ page, other, home, job: name, shots, every, say }) {
    const plain = await other();
    await open(plain, home, name);
    const before = await plain.evaluate(boxes);
    await open(page, home, name, { words: 'mirrored' });
    if (every) await page.screenshot({ path: `${shots}${name}-mirrored.png` });
    const after = await page.evaluate(boxes);
    for (const found of differ(before, after)) say(found);
    for (const found of await page.evaluate(upon)) say(found);
  },
};

/** Letters that stand beside each other in another order may be a little closer. */
const CLOSER = 3;

function differ(before, after) {
  if (before.length !== after.length) return [`there are ${before.length} parts, mirrored ${after.length}`];
  return before
    .map(([name, start, end], at) => [name, start - after[at][1], end - after[at][2]])
    .filter(([, start, end]) => Math.abs(start) > CLOSER || Math.abs(end) > CLOSER)
    .slice(0, 5)
    .map(([name, start, end]) => `not mirrored: ${name}, by ${start.toFixed(1)} and ${end.toFixed(1)} px`);
}

/** Runs in the page: where each part begins and ends, along the line. What is within a name or a picture has its own direction. */
function boxes() {
  const rtl = document.documentElement.dir === 'rtl';
  const width = document.documentElement.clientWidth;
  return [...document.querySelectorAll('body *')]
    .filter((element) => !element.parentElement.closest('svg, [dir=auto], bdi') && element.getClientRects().length > 0)
    .map((element) => {
      const box = element.getBoundingClientRect();
      // As wide as its letters: it stands where it begins.
      const [left, right] = element.matches('.tip, .tip *')
        ? [rtl ? box.right : box.left, rtl ? box.right : box.left]
        : [box.left, box.right];
      const name = `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} "${(element.textContent ?? '').trim().slice(0, 30)}"`;
      return rtl ? [name, width - right, width - left] : [name, left, right];
    });
}

/** Runs in the page: what scrolls to the side; columns, and buttons of a row, that lie upon each other. */
function upon() {
  const wrong = new Set();
  if (document.documentElement.scrollWidth > innerWidth) wrong.add('the page scrolls sideways');
  const seen = (one) => one.getClientRects().length > 0 && getComputedStyle(one).position !== 'absolute';
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  for (const row of document.querySelectorAll('.row, .kid, .wrow, .hrow, .f, .opt'))
    for (const parts of [[...row.children], [...row.querySelectorAll('button')]]) {
      const boxes = parts.filter(seen).map((one) => one.getBoundingClientRect());
      if (boxes.some((one, at) => boxes.slice(at + 1).some((other) => meet(one, other))))
        wrong.add(`lie upon each other: parts of ${row.className} "${row.textContent.trim().slice(0, 40)}"`);
    }
  return [...wrong];
}
