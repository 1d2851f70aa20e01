// The comparison of pictures itself: the same passes, also when another machine draws the letters a little otherwise;
// what a person would see does not, and neither does a plane whose colour is off by less than that.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { launch, open, painted, still } from './browser.mjs';
import { differ } from './pictures.mjs';
import { planesOf, unlike } from './planes.mjs';

const SIZE = { width: 1080, height: 720 };
/** What is changed in the list of transfers, by a line of style or a few of script, and whether it passes. */
const CHANGES = [
  { name: 'nothing is changed', change: () => undefined, passes: true },
  { name: 'a button stands 3 px beside', change: (style) => (style('.bar .btn').translate = '3px 0'), passes: false },
  { name: 'a row is 2 px lower', change: (style) => (style('.row').translate = '0 2px'), passes: false },
  {
    name: 'a word is missing',
    change: () => {
      const node = document.querySelector('.filters .quiet').firstChild;
      node.data = node.data.replace(/\S+$/, '');
    },
    passes: false,
  },
  {
    name: 'a figure is another',
    change: () => {
      const node = document.querySelector('.row .pct').firstChild;
      node.data = node.data.replace(/\d/, (digit) => String((Number(digit) + 4) % 10));
    },
    passes: false,
  },
  {
    name: 'a colour of words is another',
    change: (style) => (style('.row .name').color = 'var(--accent)'),
    passes: false,
  },
  { name: 'a plane is another', change: (style) => (style('.side').background = 'var(--canvas)'), passes: false },
  {
    name: 'a token is two levels off',
    change: (style) => style(':root').setProperty('--chrome', '#F4F6F8'),
    plane: true,
    passes: false,
  },
  {
    name: 'a token is two levels off in dark',
    change: (style) => style(':root').setProperty('--canvas', '#1A1E1F'),
    theme: 'dark',
    plane: true,
    passes: false,
  },
  { name: 'a symbol is missing', change: (style) => (style('.row svg').visibility = 'hidden'), passes: false },
];

/** A system that fits letters to pixels as far as it can. */
const FITTED = `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <match target="font">
    <edit name="hinting" mode="assign"><bool>true</bool></edit>
    <edit name="hintstyle" mode="assign"><const>hintfull</const></edit>
  </match>
  <match target="pattern">
    <edit name="hinting" mode="assign"><bool>true</bool></edit>
    <edit name="hintstyle" mode="assign"><const>hintfull</const></edit>
  </match>
</fontconfig>`;

export const comparison = {
  page: SIZE,
  counts: 'proofs',
  jobs: (names) => (names.includes('list') ? [...CHANGES, ...(process.platform === 'linux' ? [ELSEWHERE] : [])] : []),
  async each({ page, home, shots, job, say }) {
    // The tokens of before are those of the styles.
    await page.evaluate(() => document.documentElement.removeAttribute('style'));
    await open(page, home, 'list', { pinned: true, theme: job.theme ?? 'light' });
    const before = await page.screenshot();
    if (job === ELSEWHERE) {
      await elsewhere({ page, home, shots, before, say });
      return;
    }
    await page.evaluate(`(${job.change})((selector) => document.querySelector(selector).style)`);
    await painted(page);
    const after = await page.screenshot();
    const planes = unlike(await planesOf(page, before), await planesOf(page, after));
    if (job.plane && planes === null) say('its planes are the same');
    if (job.passes && planes !== null) say(`its planes are not the same: ${planes}`);
    const { worst, wrong } = await differ(page, before, after);
    if (!job.plane && (wrong === null) !== job.passes)
      say(`${job.passes ? 'it does not pass' : 'it passes'}, with ${worst} pixels`);
  },
};

const ELSEWHERE = { name: 'letters on a computer with other settings' };

/** The settings would make a difference, and make none. */
async function elsewhere({ page, home, shots, before, say }) {
  const folder = `${shots}settings/fontconfig/`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}fonts.conf`, FITTED);
  const other = await seen(home, { FONTCONFIG_FILE: `${folder}fonts.conf` });
  if ((await differ(page, before, other)).worst === 0) say('these settings change nothing: that proves nothing');
  // Planes are the same however letters are drawn.
  const planes = unlike(await planesOf(page, before), await planesOf(page, other));
  if (planes !== null) say(`with these letters its planes are not the same: ${planes}`);
  const alike = await seen(home, { XDG_CONFIG_HOME: `${shots}settings` });
  const { worst, wrong } = await differ(page, before, alike);
  if (wrong !== null) say(`it does not pass, with ${worst} pixels`);
  rmSync(`${shots}settings`, { recursive: true });
}

/** The list, in a browser with these settings. */
async function seen(home, settings) {
  const browser = await launch(settings);
  try {
    const page = await still(browser, SIZE);
    await open(page, home, 'list', { pinned: true });
    return await page.screenshot();
  } finally {
    await browser.close();
  }
}
