// The browser of this computer; none is downloaded.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const KNOWN = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Its path, where there is one. */
export const found = () => process.env.CHROMIUM ?? KNOWN.find((path) => existsSync(path));

export function launch() {
  const executablePath = found();
  if (!executablePath) throw new Error('No Chromium was found. Set CHROMIUM to its path.');
  // Without a sandbox a browser also runs as root, as in containers; it opens nothing but this page.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--font-render-hinting=none'] });
}

/** A page with the same clock and stillness everywhere. */
export async function still(browser, { width, height, scale = 1, theme = 'light', locale = 'en-GB' }) {
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: scale,
    colorScheme: theme,
    reducedMotion: 'reduce',
    locale,
    timezoneId: 'UTC',
  });
  const page = await context.newPage();
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && page.complaints.push(message.text()));
  return page;
}

export async function open(page, home, name, { theme = 'light', words = '' } = {}) {
  page.complaints.length = 0;
  await page.goto(`${home}?scenario=${name}&theme=${theme}&words=${words}`);
  const ready = page.waitForSelector('html[data-ready]', { state: 'attached', timeout: 30_000 });
  await ready.catch(() => page.complaints.push('what the scenario waits for never came'));
  await painted(page);
}

/** Two frames: what was asked for is on the screen. */
export const painted = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
