// axe on every scenario in every width and theme, and the pictures.
import axe from 'axe-core';
import { open, painted } from './browser.mjs';
import { compare, count, isCompared, isCounted, isForced, stale } from './pictures.mjs';

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
    for (const [size, [width, height]] of Object.entries(SIZES)) {
      await page.setViewportSize({ width, height });
      let first;
      // Who writes pictures wants nothing else.
      const seen = (theme) => isCompared(name, size, theme) || isCounted(name, size, theme);
      for (const theme of THEMES.filter((one) => !write || seen(one))) {
        const view = `${name}-${size}-${theme}`;
        await dress(page, theme);
        const found = { shots, write, say: (what) => say(what, size, theme) };
        if (isCompared(name, size, theme)) await compare(page, view, found);
        else if (isCounted(name, size, theme)) await count(page, view, found);
        if (every && !isCompared(name, size, theme)) await page.screenshot({ path: `${shots}${view}.png` });
        if (write) continue;
        const there = await page.evaluate(() => document.body.outerHTML);
        first ??= there;
        const rules = theme === 'light' || there !== first ? { type: 'tag', values: RULES } : OF_COLOUR;
        for (const found of await page.evaluate(judge, rules)) say(found, size, theme);
      }
    }
  },
  after({ names, all, write, say }) {
    if (names.length < all.length) return;
    const those = (are) =>
      names.flatMap((name) =>
        Object.keys(SIZES).flatMap((size) =>
          THEMES.filter((theme) => are(name, size, theme)).map((theme) => `${name}-${size}-${theme}`),
        ),
      );
    const wanted = [...those(isCompared), ...names.filter(isForced).map((name) => `${name}-forced`)];
    stale(wanted, those(isCounted), { write, say });
  },
};

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
