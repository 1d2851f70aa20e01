// At 200 %, and with the longer clock of twelve hours: nothing scrolls sideways, nothing is cut off, and every control can be
// brought into view. To a page, a window that is drawn twice as large is one of half the width and height; in the real window the same
// is asked of the web view's own zoom and of the system's text size (window_zoom).
import { readFileSync } from 'node:fs';
import { open, painted } from './browser.mjs';

/** The window as it opens, and the smallest: 1080 x 720 and 640 x 440. */
const SIZES = { usual: { width: 540, height: 360 }, smallest: { width: 320, height: 220 } };
const FITS = readFileSync(new URL('./fits.js', import.meta.url), 'utf8');

export const zoom = {
  page: { ...SIZES.usual, scale: 2, locale: 'en-US' },
  async each({ page, home, job: name, shots, every, say }) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      await open(page, home, name);
      await painted(page);
      if (every) await page.screenshot({ path: `${shots}${name}-zoom-${size}.png` });
      await page.evaluate(FITS);
      for (const found of await page.evaluate(() => window.fits())) say(found, size);
    }
  },
};
