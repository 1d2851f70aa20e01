// axe on every scenario in every width and theme, and how each of these looks.
import { writeFileSync } from 'node:fs';
import axe from 'axe-core';
import { open, painted } from './browser.mjs';
import { committed, comparable, compare, isCompared, isForced, stale } from './pictures.mjs';
import { compareSheet, sheets } from './sheets.mjs';

const SIZES = { compact: [720, 480], normal: [1080, 720], wide: [1600, 900] };
const THEMES = ['light', 'dark'];
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** A theme changes colours and nothing else: where the document stays the same, only these can come out otherwise. */
const OF_COLOUR = axe
  .getRules(['cat.color'])
  .filter(({ tags }) => tags.some((tag) => RULES.includes(tag)))
  .map(({ ruleId }) => ruleId);

export const looks = {
  page: { width: 1080, height: 720 },
  async each({ page, home, job: name, shots, write, every, say }) {
    // Every scenario begins in the same window, whatever the one before it ended in.
    await page.setViewportSize({ width: 1080, height: 720 });
    await dress(page, 'light');
    await open(page, home, name, { pinned: true });
    if (!write && !(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
    const columns = [];
    for (const [size, [width, height]] of Object.entries(SIZES)) {
      await page.setViewportSize({ width, height });
      // What lies beside something, as the tip of a name does, finds it again.
      await page.evaluate(() => window.gallery.beat());
      const column = [];
      let first;
      for (const theme of THEMES) {
        const view = `${name}-${size}-${theme}`;
        await dress(page, theme);
        const look = { view, picture: await seen(page), say: (what) => say(what, size, theme) };
        if (comparable && isCompared(name, size, theme))
          await compare(page, view, look.picture, { shots, write, say: look.say });
        else if (every) writeFileSync(`${shots}${view}.png`, look.picture);
        column.push(look);
        // Who writes pictures wants nothing else.
        if (write) continue;
        const there = await page.evaluate(() => document.body.outerHTML);
        first ??= there;
        const rules = theme === 'light' || there !== first ? { type: 'tag', values: RULES } : OF_COLOUR;
        for (const found of await page.evaluate(judge, rules)) say(found, size, theme);
      }
      columns.push(column);
    }
    if (comparable) await compareSheet(page, name, columns, { shots, write });
  },
  after({ names, all, write, say }) {
    if (names.length < all.length || !comparable) return;
    const those = names.flatMap((name) =>
      Object.keys(SIZES).flatMap((size) =>
        THEMES.filter((theme) => isCompared(name, size, theme)).map((theme) => `${name}-${size}-${theme}`),
      ),
    );
    const forced = names.filter(isForced).map((name) => `${name}-forced`);
    stale(committed, [...those, ...forced], { write, say });
    stale(sheets, names, { write, say });
  },
};

/** What is on the screen, but for letters that only the system has, whichever those are. */
async function seen(page) {
  const some = await page.evaluate(foreign);
  const picture = await page.screenshot();
  // Contrast is judged with all letters.
  if (some)
    await page.evaluate(() => document.querySelectorAll('[data-foreign]').forEach((one) => delete one.dataset.foreign));
  return picture;
}

/** Runs in the page: marks what is written in such letters, and answers whether anything is. */
function foreign() {
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let some = false;
  for (let node = words.nextNode(); node; node = words.nextNode()) {
    if (!/(?!\p{Script=Latin})\p{L}|\p{Extended_Pictographic}/u.test(node.data)) continue;
    node.parentElement.dataset.foreign = '';
    some = true;
  }
  return some;
}

async function dress(page, theme) {
  await page.evaluate((wanted) => (document.documentElement.dataset.theme = wanted), theme);
  await page.emulateMedia({ colorScheme: theme });
  await painted(page);
}

/** Runs in the page. */
async function judge(runOnly) {
  const options = { runOnly, resultTypes: ['violations'], elementRef: false };
  const { violations } = await window.axe.run(document, options);
  return violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${id} ${node.target.join(' ')}`));
}
