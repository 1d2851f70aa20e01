// The comparison of pictures itself: the same passes, also when another machine draws the letters a little otherwise;
// what a person would see does not. On the sheets, where the smallest of that is lost, colours are seen that are off by
// less than a person would see.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { launch, open, painted, still } from './browser.mjs';
import { differ } from './pictures.mjs';
import { sheet, unlike } from './sheets.mjs';

const SIZE = { width: 1080, height: 720 };
const BOTH = { picture: true, sheet: true };
/** In few shades it may be lost in the picture. */
const SLIGHT = { picture: null, sheet: true };
/** What is changed in the list of transfers, by a line of style or a few of script, and where that is noticed. */
const CHANGES = [
  { name: 'nothing is changed', change: () => undefined },
  { name: 'a button stands 3 px beside', change: (style) => (style('.bar .btn').translate = '3px 0'), ...BOTH },
  { name: 'a row is 2 px lower', change: (style) => (style('.row').translate = '0 2px'), ...BOTH },
  {
    name: 'a word is missing',
    change: () => {
      const node = document.querySelector('.filters .quiet').firstChild;
      node.data = node.data.replace(/\S+$/, '');
    },
    ...BOTH,
  },
  {
    name: 'a figure is another',
    change: () => {
      const node = document.querySelector('.row .pct').firstChild;
      node.data = node.data.replace(/\d/, (digit) => String((Number(digit) + 4) % 10));
    },
    picture: true,
  },
  {
    name: 'a line says something else',
    change: () => {
      const line = document.querySelector("[data-item='3'] .bad");
      line.textContent = 'Not found at Board › 2026. Ask someone else.';
    },
    ...BOTH,
  },
  {
    name: 'a colour of words is another',
    change: (style) => (style('.row .name').color = 'var(--accent)'),
    ...BOTH,
  },
  { name: 'a plane is another', change: (style) => (style('.side').background = 'var(--canvas)'), ...BOTH },
  {
    name: 'a token is two levels off',
    change: (style) => style(':root').setProperty('--chrome', '#F4F6F8'),
    ...SLIGHT,
  },
  {
    name: 'a token is two levels off in dark',
    change: (style) => style(':root').setProperty('--canvas', '#1A1E1F'),
    theme: 'dark',
    ...SLIGHT,
  },
  {
    name: 'the colour of buttons is a little off in dark',
    change: (style) => style(':root').setProperty('--accent-fill', '#2070C4'),
    theme: 'dark',
    ...SLIGHT,
  },
  { name: 'an arrow is missing', change: (style) => (style('.row svg').visibility = 'hidden'), picture: true },
  { name: 'a symbol is missing', change: (style) => (style('.nav svg').visibility = 'hidden'), ...BOTH },
  ...['light', 'dark'].flatMap((theme) => [
    {
      name: `a red triangle is missing in ${theme}`,
      change: (style) => (style("[data-item='3'] svg[role=img]").visibility = 'hidden'),
      theme,
      ...BOTH,
    },
    {
      name: `a red triangle is amber in ${theme}`,
      change: (style) => (style("[data-item='3'] svg[role=img]").color = 'var(--warn)'),
      theme,
      ...BOTH,
    },
  ]),
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
    for (const found of await proved(page, before, after, job)) say(found);
  },
};

/** What the comparison should notice in the picture and on the sheet, and does not, or the other way round. */
async function proved(page, before, after, { picture = false, sheet: small = false }) {
  const full = await differ(page, before, after);
  const kept = await sheet(page, [[before]]);
  const shrunk = await unlike(page, kept, [[after]]);
  const verdict = (where, noticed, meant, worst) =>
    meant === null || noticed === meant
      ? []
      : [`${meant ? 'it is not' : 'it is'} noticed ${where}, with ${worst} pixels`];
  return [
    ...verdict('in the picture', full.wrong !== null, picture, full.worst),
    ...verdict('on the sheet', shrunk.wrong[0] !== null, small, shrunk.worst),
  ];
}

const ELSEWHERE = { name: 'letters on a computer with other settings' };

/** The settings would make a difference, and make none. */
async function elsewhere({ page, home, shots, before, say }) {
  const folder = `${shots}settings/fontconfig/`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}fonts.conf`, FITTED);
  const other = await seen(home, { FONTCONFIG_FILE: `${folder}fonts.conf` });
  if ((await differ(page, before, other)).worst === 0) say('these settings change nothing: that proves nothing');
  const alike = await seen(home, { XDG_CONFIG_HOME: `${shots}settings` });
  for (const found of await proved(page, before, alike, {})) say(found);
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
