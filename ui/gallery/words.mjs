// What of the window is no message, and what has too little room for a language with longer words.
import { open, painted } from './browser.mjs';

const SIZES = { normal: [1080, 720], compact: [720, 480] };

export const words = {
  page: { width: 1080, height: 720 },
  async each({ page, home, job: name, shots, every, say }) {
    await page.setViewportSize({ width: 1080, height: 720 });
    await open(page, home, name, { words: 'long' });
    for (const [size, [width, height]] of Object.entries(SIZES)) {
      await page.setViewportSize({ width, height });
      await painted(page);
      if (every) await page.screenshot({ path: `${shots}${name}-${size}-long.png` });
      for (const found of await page.evaluate(unsaid)) say(found, size);
    }
  },
};

/** Runs in the page: words that went through no message, and buttons that cut theirs off. */
function unsaid() {
  const told = [...window.gallery.told];
  const wrong = new Set();
  const ATTRIBUTES = [
    'aria-label',
    'aria-valuetext',
    'aria-description',
    'aria-roledescription',
    'title',
    'placeholder',
    'alt',
  ];

  /** What is left of it outside of brackets; a message may be spread over several nodes. */
  function outside(words) {
    let rest = words;
    for (let before = ''; before !== rest;) {
      before = rest;
      rest = rest.replace(/⟦[^⟦⟧]*⟧/g, ' ');
    }
    return rest.replace(/⟦.*$/s, ' ').replace(/^.*⟧/s, ' ').trim();
  }
  /** What joins the parts of a list is known to the system, in every language. */
  const joins = new Intl.ListFormat('en-GB').formatToParts(['1', '2', '3']).map(({ value }) => value.trim());
  const isWords = (rest) => /\p{L}/u.test(rest) && !rest.split(/\s+/).every((word) => joins.includes(word));
  const plain = (words) => words.replace(/[\u2066-\u2069]/g, '');

  const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
    const parent = node.parentElement;
    // What stands on a key is the same in every language, or the system's.
    if (parent.matches('script, style, kbd') || parent.getClientRects().length === 0) continue;
    const rest = plain(outside(node.data));
    if (!isWords(rest)) continue;
    // It is written so on every keyboard.
    if (parent.matches('kbd') && /^F\d+$/.test(rest)) continue;
    // A name stands by itself, and may be cut into two.
    if (parent.closest('bdi, [dir=auto]') && told.some((name) => name.includes(rest))) continue;
    wrong.add(`no message: "${rest.slice(0, 60)}"`);
  }
  for (const name of ATTRIBUTES)
    for (const element of document.querySelectorAll(`[${name}]`)) {
      const rest = plain(outside(element.getAttribute(name)));
      if (isWords(rest) && !told.includes(rest)) wrong.add(`no message: ${name} "${rest.slice(0, 60)}"`);
    }
  // What is shortened on purpose says so with an ellipsis.
  const CELLS = '.row > *, .kid > *, .wrow > *, .kv > *, .f > *, .opt > *, .in > *';
  for (const part of document.querySelectorAll(`button, a, .seg label, ${CELLS}`)) {
    if (part.getClientRects().length === 0 || !part.textContent.trim() || part.closest('.vh, .one')) continue;
    const tooWide = part.scrollWidth > part.clientWidth + 1 && !part.querySelector('.one, .mid');
    const tooHigh = part.scrollHeight > part.clientHeight + 1 && part.matches('button, a, label, .in > *');
    if (getComputedStyle(part).display !== 'inline' && (tooWide || tooHigh))
      wrong.add(`too little room: "${part.textContent.trim().slice(0, 60)}"`);
  }
  return [...wrong];
}
