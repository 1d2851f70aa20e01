// What comes of files that hover, move, leave and are dropped; the system's part is played by the fake shell.
import { open, painted, SIZES } from './browser.mjs';

const CASES = [
  { name: 'a drop on a place goes there', scenario: 'list', on: 'Interviews', sent: 'interviews', asks: false },
  { name: 'a drop on the usual place goes there', scenario: 'list', on: 'Rushes', sent: 'rushes', asks: false },
  { name: 'a drop somewhere else asks where', scenario: 'list', on: 'Somewhere else', sent: null, asks: true },
  { name: 'a drop beside every place asks where', scenario: 'list', on: null, sent: null, asks: true },
  { name: 'a drop while signed out goes nowhere', scenario: 'signed-out', on: null, sent: null, asks: false },
  { name: 'a drop before the sign-in goes nowhere', scenario: 'welcome', on: null, sent: null, asks: false },
  {
    name: 'a drop where the company has no place goes nowhere, and that is said',
    scenario: 'empty-nowhere',
    on: null,
    sent: null,
    asks: false,
    says: 'Ask your administrator.',
  },
  {
    name: 'a drop while the company is away is kept',
    scenario: 'connecting-list',
    on: 'is waited for',
    sent: null,
    asks: false,
    keeps: true,
  },
  // Where the details are in the place of the list.
  {
    name: 'a drop on a place over details in the compact window goes there',
    scenario: 'details-uploading',
    size: 'compact',
    on: 'Interviews',
    sent: 'interviews',
    asks: false,
  },
  {
    name: 'a drop beside every place over details in the compact window asks where',
    scenario: 'details-uploading',
    size: 'compact',
    on: null,
    sent: null,
    asks: true,
  },
];

/** Files that leave again, and what they came over: it has the focus, and is the same as before. */
const LEFT = [
  ['list', '.list'],
  ['history', '.hbar'],
  ['settings-limits', '.rule .in input'],
  ['watched-edit', '.sheet .body'],
  ['details-uploading', '.panel-bar .only-compact.back', 'compact'],
].map(([scenario, over, size]) => ({ name: `files that leave leave ${scenario} as it was`, scenario, over, size }));

/** What is dropped from there is seen in the list, and what is half written waits for whoever comes back. */
const AWAY = {
  name: 'a drop on a place over a sheet goes there',
  scenario: 'watched-edit',
  on: 'Interviews',
  sent: 'interviews',
  asks: false,
  page: 'transfers',
};

export const drops = {
  page: SIZES.normal,
  counts: 'drops',
  jobs: (names) => [...CASES, AWAY, ...LEFT].filter(({ scenario }) => names.includes(scenario)),
  async each({ page, home, job, say }) {
    const { scenario, on, sent, asks, keeps = false, over, says = '' } = job;
    const tell = async (event) => {
      await page.evaluate((what) => window.gallery.fake.hover(what.kind, what.x, what.y), event);
      await painted(page);
    };
    await page.setViewportSize(SIZES[job.size ?? 'normal']);
    await open(page, home, scenario);
    if (over) {
      await page.evaluate(held, over);
      await tell({ kind: 'hover', x: 400, y: 300 });
      if (!(await page.evaluate(state)).targets) say('there are no targets');
      await tell({ kind: 'hover-left', x: 0, y: 0 });
      if ((await page.evaluate(state)).targets) say('the targets stay');
      const same = await page.evaluate(() => document.querySelector('[data-held]')?.contains(document.activeElement));
      if (!same) say(`what they came over is another, or has not the focus`);
      return;
    }
    await tell({ kind: 'hover', x: 2, y: 2 });
    const box = on && (await page.locator('.tgt', { hasText: on }).first().boundingBox());
    const at = box ? { x: box.x + box.width / 2, y: box.y + box.height / 2 } : { x: 2, y: 2 };
    await tell({ kind: 'hover-moved', ...at });
    if ((await page.evaluate(state)).lit !== (on ? 1 : 0)) say('the wrong targets light up');
    await tell({ kind: 'dropped', ...at });
    const after = await page.evaluate(state);
    if (after.sent !== sent) say(`sent to ${after.sent}`);
    if (after.kept !== keeps) say(keeps ? 'it is not kept' : 'it is kept');
    if (job.page && after.page !== job.page) say(`it is not seen in ${job.page}`);
    if (!after.said.includes(says)) say(`nobody says "${says}"`);
    if (after.targets !== asks) say(asks ? 'nobody is asked' : 'the targets stay');
  },
};

/** Runs in the page. */
function state() {
  return {
    sent: window.gallery.fake.enqueued.at(-1) ?? null,
    targets: document.querySelector('.targets')?.checkVisibility() ?? false,
    kept: document.querySelector('.waits') !== null,
    page: document.querySelector('.nav [aria-current]')?.getAttribute('href')?.slice(1),
    said: document.querySelector('.toast')?.textContent ?? '',
    lit: document.querySelectorAll('.tgt.over').length,
  };
}

/** Runs in the page: marks what is there, and gives it the focus. */
function held(over) {
  const part = document.querySelector(over);
  part.dataset.held = '';
  const control = part.matches('input, button') ? part : part.querySelector("button, input, [tabindex='0']");
  control.focus();
}
