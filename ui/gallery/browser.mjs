// The browser of this computer; none is downloaded.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const KNOWN = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];
/** For what has to come; a computer with much else to do takes its time. */
const LATE_MS = 120_000;

/** Its path, where there is one. */
export const found = () => process.env.CHROMIUM ?? KNOWN.find((path) => existsSync(path));

/** Letters are fitted to pixels in one way, and colours are those of the page, whatever the system's settings are. */
export function launch({ FONTCONFIG_FILE = fileURLToPath(new URL('./fonts.conf', import.meta.url)), ...env } = {}) {
  const executablePath = found();
  if (!executablePath) throw new Error('No Chromium was found. Set CHROMIUM to its path.');
  const args = [
    // Without a sandbox a browser also runs as root, as in containers; it opens nothing but this page.
    '--no-sandbox',
    '--font-render-hinting=none',
    '--force-color-profile=srgb',
    '--disable-lcd-text',
  ];
  return chromium.launch({ executablePath, args, env: { ...process.env, FONTCONFIG_FILE, ...env } });
}

/** What is walked through and dropped on. */
export const SIZES = { normal: { width: 1080, height: 720 }, compact: { width: 720, height: 480 } };

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
  context.setDefaultTimeout(LATE_MS);
  const page = await context.newPage();
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && page.complaints.push(message.text()));
  return page;
}

/** Plays the scenario, in place of the one before it where the page is the same. `pinned` is for pictures. */
export async function open(page, home, name, { theme = 'light', words = '', pinned = false } = {}) {
  page.complaints.length = 0;
  const url = `${home}?scenario=&words=${words}${pinned ? '&still' : ''}`;
  if (page.url() !== url) await page.goto(url);
  const came = await page.evaluate(play, { name, theme, late: LATE_MS });
  if (!came) {
    page.complaints.push('what the scenario waits for never came');
    // It waits still: the next scenario begins on a new page.
    await page.goto('about:blank');
  }
}

/** Runs in the page; two frames later what was asked for is on the screen. */
async function play({ name, theme, late }) {
  const painted = async () => {
    await window.gallery.play(name, theme);
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return true;
  };
  let timer;
  const never = new Promise((done) => {
    timer = window.setInterval(done, late, false);
  });
  const came = await Promise.race([painted(), never]);
  window.clearInterval(timer);
  return came;
}

/** Two frames: what was asked for is on the screen. */
export const painted = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
