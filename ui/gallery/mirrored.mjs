// From right to left: everything stands where its mirror would show it, and nothing lies upon anything else.
import { open, still } from './browser.mjs';

export async function mirrored({ browser, home, names, shots }) {
  const page = await still(browser, { width: 1080, height: 720 });
  const wrong = [];
  for (const name of names) {
    await open(page, home, name);
    const before = await page.evaluate(boxes);
    await open(page, home, name, { words: 'mirrored' });
    await page.screenshot({ path: `${shots}${name}-mirrored.png` });
    const after = await page.evaluate(boxes);
    for (const found of differ(before, after)) wrong.push(`${name}: ${found}`);
    for (const found of await page.evaluate(upon)) wrong.push(`${name}: ${found}`);
    for (const complaint of page.complaints) wrong.push(`${name}: ${complaint}`);
  }
  await page.context().close();
  return { checks: `${names.length} scenarios`, wrong };
}

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
      const { left, right } = element.getBoundingClientRect();
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
