// Everything without a pointer: Tab and the arrows come to every control, each with a ring to be seen, and the focus is
// never lost to the page.
import { open, painted, SIZES, still } from './browser.mjs';
import { walks } from './walks.mjs';
import { walksActions } from './walks-actions.mjs';
import { walksSettings } from './walks-settings.mjs';
import { walksWatched } from './walks-watched.mjs';

/** What stands still enough to be walked through by Tab alone. */
const WALKED = [
  'welcome',
  'welcome-address-wrong',
  'connecting-waiting',
  'welcome-waiting',
  'token-wrong',
  'sign-in-code',
  'sign-in-unfinished',
  'empty',
  'empty-one-place',
  'empty-nowhere',
  'empty-nowhere-waiting',
  'empty-signed-out',
  'drop-somewhere-else',
  'list',
  'list-open',
  'list-all-files',
  'list-all-files-none',
  'list-all-files-unread',
  'overview-paused',
  'signed-out',
  'filter-none',
  'details-uploading',
  'details-failed',
  'details-done',
  'toast-cancelled',
  'several-selected',
  'pausing',
  'limit-paused',
  'settings-limits',
  'settings-limits-usual',
  'settings-limits-off',
  'settings-limits-wrong',
  'settings-notifications',
  'settings-general',
  'settings-connection',
  'settings-connection-password',
  'settings-connection-by-hand',
  'settings-diagnostics',
  'settings-diagnostics-checking',
  'settings-diagnostics-wrong',
  'settings-diagnostics-forget',
  'welcome-proxy',
  'history-few',
  'find',
  'find-none',
  'shortcuts',
  'history-none',
  'history-empty',
  'history-unread',
];
/** And in the compact window, where parts take each other's place. */
const COMPACT = [
  'list',
  'list-open',
  'details-uploading',
  'details-failed',
  'signed-out',
  'settings-limits',
  'settings-connection-password',
  'settings-diagnostics-wrong',
  'history-few',
  'find',
];
const MOST = 80;
/** Of a list with very many rows. */
const MOST_ROWS = 20;

const SOME = 'Tab through ';

export const keyboard = {
  page: SIZES.normal,
  counts: 'walks',
  jobs: (names) =>
    [
      ...WALKED.map((scenario) => ({ name: `${SOME}${scenario}`, scenario })),
      ...COMPACT.map((scenario) => ({ name: `${SOME}${scenario}, compact`, scenario, size: 'compact' })),
      ...walks,
      ...walksActions,
      ...walksSettings,
      ...walksWatched,
    ].filter(({ scenario }) => names.includes(scenario)),
  async each({ page, home, job, kept, say }) {
    await page.setViewportSize(SIZES[job.size ?? 'normal']);
    await open(page, home, job.scenario);
    if (!job.walk) {
      for (const found of await tabs(page)) say(found);
      return;
    }
    await page.evaluate(() => {
      window.gallery.asked.clear();
      window.gallery.pointed = 0;
    });
    await job.walk(handsOn(page, say));
    const { asked, pointed } = await page.evaluate(() => ({
      asked: [...window.gallery.asked],
      pointed: window.gallery.pointed,
    }));
    // Where the pointer is used the keys' rings are gone: the next walk begins on a new page.
    if (job.pointer) await page.goto('about:blank');
    else for (const action of asked) kept.add(action);
    if (!job.pointer && pointed > 0) say('a walk by keyboard used the pointer');
  },
  /** What a person can ask of the shell, some walk has asked for. */
  async after({ browser, home, names, all, kept, say }) {
    if (names.length < all.length) return;
    const page = await still(browser, SIZES.normal);
    await page.goto(home);
    const actions = await page.evaluate(() => window.gallery.actions);
    await page.context().close();
    for (const action of actions) if (!kept.has(action)) say(`no walk by keyboard comes to: ${action}`);
  },
};

/** Tab from the first control to the last; every row of the list by its arrows on the way. */
async function tabs(page) {
  const wrong = [];
  await page.evaluate(() => {
    // Tab begins at the top, wherever the scenario left the focus.
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
    document.querySelectorAll('button, a, input').forEach((one, at) => (one.dataset.walk = at));
  });
  const reached = new Set();
  for (let step = 0; step < MOST; step += 1) {
    await page.keyboard.press('Tab');
    const here = await page.evaluate(focused);
    if (here.body) break;
    if (here.walk !== undefined) reached.add(here.walk);
    if (!here.ring) wrong.push(`no ring on ${here.what}`);
    if (here.row) await rows(page, reached, wrong);
  }
  for (const missed of await page.evaluate(unreached, [...reached])) wrong.push(`not reached: ${missed}`);
  return wrong;
}

/** From a focused row: each row by Down, and its buttons by Tab. */
async function rows(page, reached, wrong) {
  await page.keyboard.press('Home');
  await painted(page);
  for (let more = MOST_ROWS; more > 0; more -= 1) {
    const row = await page.evaluate(focused);
    let inside = row;
    for (let step = 0; step < MOST && inside.at === row.at && !inside.body; step += 1) {
      if (inside.walk !== undefined) reached.add(inside.walk);
      if (!inside.ring) wrong.push(`no ring on ${inside.what}`);
      await page.keyboard.press('Tab');
      inside = await page.evaluate(focused);
    }
    await page.evaluate((at) => document.querySelector(`[role=row][aria-rowindex='${at}']`)?.focus(), row.at);
    await page.keyboard.press('ArrowDown');
    await painted(page);
    const next = await page.evaluate(focused);
    if (next.at === row.at) return;
  }
}

/** Runs in the page: what has the focus, and whether that can be seen. */
function focused() {
  const here = document.activeElement;
  if (!here || here === document.body) return { body: true };
  const ringed = (one) => {
    const style = one && getComputedStyle(one);
    return !!style && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  };
  return {
    body: false,
    walk: here.dataset.walk,
    at: here.closest('[aria-rowindex]')?.getAttribute('aria-rowindex'),
    row: here.matches("[role='row']"),
    ring: ringed(here) || ringed(here.closest('.in')) || here.matches("[role^='menuitem']"),
    what: (here.getAttribute('aria-label') ?? here.textContent ?? here.tagName).trim().slice(0, 50),
  };
}

/** Runs in the page: controls that can be seen and were not reached. What lies beneath a sheet counts as hidden. */
function unreached(reached) {
  return [...document.querySelectorAll('[data-walk]')]
    .filter((one) => {
      // Left and Right do the same; the arrow is for the pointer.
      if (reached.includes(one.dataset.walk) || !one.checkVisibility()) return false;
      // Of several to choose from, the arrows come to the others.
      if (one.matches('.twist, [type=radio]:not(:checked)')) return false;
      const box = one.getBoundingClientRect();
      const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      return top !== null && (one === top || one.contains(top));
    })
    .map((one) => (one.getAttribute('aria-label') ?? one.textContent ?? '').trim().slice(0, 50));
}

/** What a walk can do; after each key the focus must be somewhere. */
function handsOn(page, say) {
  return {
    page,
    press: async (...keys) => {
      for (const key of keys) {
        await page.keyboard.press(key);
        await painted(page);
        await painted(page);
        if ((await page.evaluate(focused)).body) say(`the focus is lost after ${key}`);
      }
    },
    to: async (selector) => {
      for (let step = 0; step < MOST; step += 1) {
        if (await page.evaluate((what) => document.activeElement?.matches(what), selector)) return;
        await page.keyboard.press('Tab');
      }
      say(`Tab does not come to ${selector}`);
    },
    sees: async (selector, wanted = true) => {
      const there = await page.evaluate((what) => document.querySelector(what)?.checkVisibility() ?? false, selector);
      if (there !== wanted) say(`${selector} is ${wanted ? 'not there' : 'still there'}`);
    },
    says: async (selector, words) => {
      const said = await page.evaluate((what) => document.querySelector(what)?.textContent ?? null, selector);
      if (!said?.replaceAll('\u00a0', ' ').includes(words)) say(`${selector} says "${said}", not "${words}"`);
    },
    /** What is cut is told in full, soon. */
    tells: async (words) => {
      const told = (what) => document.querySelector('.tip')?.textContent.includes(what) ?? false;
      await page.waitForFunction(told, words, { timeout: 5_000 }).catch(() => say(`nothing tells "${words}" in full`));
    },
    /** Writes into the field that has the focus, and takes it. */
    writes: async (words) => {
      await page.keyboard.press('Control+a');
      await page.keyboard.type(words);
      await page.keyboard.press('Enter');
      await painted(page);
    },
    kept: async (of, wanted) => {
      const now = of(await page.evaluate(() => window.gallery.fake.ipc.limits()));
      if (now !== wanted) say(`kept is ${now}, not ${wanted}`);
    },
    /** The rows from the one in sixth place on. */
    order: async (...ids) => {
      const there = await page.evaluate(() =>
        [...document.querySelectorAll('[role=row][data-item]')]
          .sort((one, other) => one.ariaRowIndex - other.ariaRowIndex)
          .map((row) => Number(row.dataset.item)),
      );
      if (String(there.slice(5, 5 + ids.length)) !== String(ids)) say(`the order is ${there.join()}`);
    },
    /** From an open menu. */
    choose: async (words) => {
      const here = () => page.evaluate(() => document.activeElement?.textContent ?? '');
      for (let step = 0; step < MOST && !(await here()).includes(words); step += 1)
        await page.keyboard.press('ArrowDown');
      if (!(await here()).includes(words)) say(`the menu has no "${words}"`);
      await page.keyboard.press('Enter');
      await painted(page);
    },
    /** The shell is asked for it, now or soon. */
    asks: async (action) => {
      const asked = (what) => window.gallery.asked.has(what);
      await page.waitForFunction(asked, action, { timeout: 20_000 }).catch(() => say(`nobody asked for ${action}`));
    },
    /** Nobody asked the shell for any of these. */
    leaves: async (...actions) => {
      const asked = await page.evaluate((all) => all.filter((one) => window.gallery.asked.has(one)), actions);
      if (asked.length > 0) say(`somebody asked for ${asked.join()}`);
    },
    copied: async (wanted) => {
      const last = await page.evaluate(() => window.gallery.fake.copied.at(-1) ?? null);
      if (!last?.includes(wanted)) say(`copied was "${last}", not "${wanted}"`);
    },
    chosen: async (...ids) => {
      const there = await page.evaluate(() =>
        [...document.querySelectorAll("[role=row][aria-selected='true']")].map((row) => Number(row.dataset.item)),
      );
      if (String(there) !== String(ids)) say(`${there.join()} are selected, not ${ids.join()}`);
    },
    few: async (selector, most) => {
      const there = await page.locator(selector).count();
      if (there > most) say(`${there} of ${selector} are in the document, ${most} at most may be`);
    },
    on: async (selector) => {
      const right = await page.evaluate((what) => document.activeElement?.matches(what) ?? false, selector);
      if (!right) say(`the focus is on "${(await page.evaluate(focused)).what}", not on ${selector}`);
    },
  };
}
