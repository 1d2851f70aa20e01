// At 200 %, and with the longer clock of twelve hours, the window of 1080 x 720 is one of 540 x 360: nothing scrolls sideways, nothing is cut off, and every
// control can be brought into view.
import { open } from './browser.mjs';

export const zoom = {
  page: { width: 540, height: 360, scale: 2, locale: 'en-US' },
  async each({ page, home, job: name, say }) {
    await open(page, home, name);
    for (const found of await page.evaluate(cutOff)) say(found);
  },
};

/** Runs in the page. */
function cutOff() {
  const found = new Set();
  const name = (element) =>
    `${element.tagName.toLowerCase()}.${[...element.classList].join('.')} "${(element.textContent ?? '').trim().slice(0, 40)}"`;
  if (document.documentElement.scrollWidth > innerWidth) found.add('the page scrolls sideways');
  // Hidden on purpose for sight only, shortened on purpose with an ellipsis, or what is written in a field, which follows the caret.
  const meant = (element) =>
    element.closest('.vh, .one, .h, .mid') ||
    (element.matches('input') && element.value !== '') ||
    (getComputedStyle(element).position === 'absolute' && element.clientWidth <= 1);
  for (const element of document.querySelectorAll('body *')) {
    const style = getComputedStyle(element);
    if (style.display === 'none' || style.visibility === 'hidden' || meant(element)) continue;
    const box = element.getBoundingClientRect();
    if (box.width === 0 || box.height === 0 || element.closest('[aria-hidden=true], svg')) continue;
    const clipsX = style.overflowX === 'hidden' || style.overflowX === 'clip';
    const clipsY = style.overflowY === 'hidden' || style.overflowY === 'clip';
    if (clipsX && element.scrollWidth > element.clientWidth + 1) found.add(`cut off at the side: ${name(element)}`);
    if (clipsY && element.scrollHeight > element.clientHeight + 1) found.add(`cut off below: ${name(element)}`);
    if (!element.matches('button, a, input, h1, h2, p, label')) continue;
    if (box.left < -1 || box.right > innerWidth + 1) found.add(`beside the window: ${name(element)}`);
    const scrolls = (() => {
      for (let up = element.parentElement; up; up = up.parentElement)
        if (['auto', 'scroll'].includes(getComputedStyle(up).overflowY)) return true;
      return false;
    })();
    if (!scrolls && (box.top < -1 || box.bottom > innerHeight + 1)) found.add(`below the window: ${name(element)}`);
  }
  return [...found];
}
