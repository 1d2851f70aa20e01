// A picture of everything, and axe on everything.
import axe from 'axe-core';
import { open, painted, still } from './browser.mjs';

const SIZES = { compact: [720, 480], normal: [1080, 720], wide: [1600, 900] };
const THEMES = ['light', 'dark'];
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const PAGES = 2;

export async function looks({ browser, home, names, shots }) {
  const jobs = names.flatMap((name) => THEMES.map((theme) => ({ name, theme })));
  const wrong = [];
  let pictures = 0;
  const work = async () => {
    const page = await still(browser, { width: 1080, height: 720 });
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      const { name, theme } = job;
      await page.emulateMedia({ colorScheme: theme });
      // Every scenario begins in the same window, whatever the one before it ended in.
      await page.setViewportSize({ width: 1080, height: 720 });
      await open(page, home, name, { theme });
      await page.evaluate(axe.source);
      // Widths move things and themes colour them: in the dark one width tells.
      for (const [size, [width, height]] of Object.entries(SIZES).filter(
        ([of]) => theme === 'light' || of === 'normal',
      )) {
        await page.setViewportSize({ width, height });
        await painted(page);
        await page.screenshot({ path: `${shots}${name}-${size}-${theme}.png` });
        pictures += 1;
        for (const found of await page.evaluate(judge, RULES)) wrong.push(`${name} ${size} ${theme}: ${found}`);
      }
      for (const complaint of page.complaints) wrong.push(`${name} ${theme}: ${complaint}`);
    }
    await page.context().close();
  };
  await Promise.all(Array.from({ length: PAGES }, work));
  return { checks: `${pictures} pictures, each with axe`, wrong: wrong.sort() };
}

/** Runs in the page. */
async function judge(values) {
  const { violations } = await window.axe.run(document, {
    runOnly: { type: 'tag', values },
    resultTypes: ['violations'],
    elementRef: false,
  });
  return violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${id} ${node.target.join(' ')}`));
}
