// How the page keeps pace in Chromium, with a hundred thousand rows of which two thousand are done in a second: the table that
// docs/performance.md has of it. npm run pace -- FILE
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { build, preview } from 'vite';
import { launch, open, still } from './browser.mjs';

const ROWS = 100_000;
/** As the engine tells it: four times a second. */
const TICK_MS = 250;
const A_SECOND = 2_000;
/** A tenth more: a timer is late, and never early. */
const DONE = Math.ceil((A_SECOND * 1.1 * TICK_MS) / 1000);
const SECONDS = 10;
/** Sixty frames in a second, the one in the middle no longer than a sixtieth, and the list changes four times a second at most. */
const GOALS = { frames: 60, frame: 17, changes: 4, busy: 0 };
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [file] = process.argv.slice(2);
const configFile = here('./vite.config.mjs');

await build({ configFile, logLevel: 'warn' });
const server = await preview({ configFile, logLevel: 'warn', preview: { port: 0, host: '127.0.0.1' } });
const browser = await launch();
const lines = [];
/** What has missed its goal. */
const missed = [];
let goals = 0;
const told = (figure, unit) =>
  `${Number.isInteger(figure) || figure >= 10 ? figure.toFixed(0) : figure.toFixed(2)} ${unit}`.trim();
const row = (what, figure, goal = '') => {
  lines.push(`| ${what} | ${figure} | ${goal} |`);
  console.log(`Chromium: ${what}: ${figure}`);
};
const has = (what, figure, unit = '') => row(what, told(figure, unit));
/** Missed, it says so, and fails. */
const holds = (what, figure, unit, goal, reached) => {
  goals += 1;
  if (!reached) missed.push(`- ${what}: ${told(figure, unit)}; the goal is ${goal}`);
  row(what, told(figure, unit), reached ? goal : `${goal}, **missed**`);
};
const atMost = (what, figure, unit, most) => holds(what, figure, unit, `${most} at most`, figure <= most);
/** As it is told: in whole numbers. */
const atLeast = (what, figure, unit, least) =>
  holds(what, figure, unit, `${least} at least`, Math.round(figure) >= least);

/** The rows that are in the page, and how many of all are done. */
const counted = (page) =>
  page.evaluate(() => ({
    rows: document.querySelectorAll('[role=row]').length,
    done: Number(document.querySelectorAll('.tab b')[3].innerText.replace(/\D/g, '')),
  }));

async function draws(page, what, { changes, scrolls }) {
  const before = (await counted(page)).done;
  const all = await page.evaluate(
    ([ms, done, seconds, changes, scrolls]) =>
      new Promise((resolve) => {
        window.pace.begins('.list');
        if (scrolls) window.pace.scrolls('.list');
        let left = (seconds * 1000) / ms;
        const timer = setInterval(() => {
          if (changes) window.gallery.fake.finish(done);
          // What is done next is in view: all that is seen changes.
          if (changes && !scrolls) {
            const counted = document.querySelectorAll('.tab b')[3].innerText.replace(/\D/g, '');
            document.querySelector('.list').scrollTop = Number(counted) * 56;
          }
          left -= 1;
          if (left > 0) return;
          clearInterval(timer);
          window.pace.rests();
          resolve(window.pace.told());
        }, ms);
      }),
    [TICK_MS, DONE, SECONDS, changes, scrolls],
  );
  const [seconds, seen, frames, middle, most, longest, busy, busiest, late, long] = all;
  atLeast(`frames a second, ${what}`, frames / seconds, '', GOALS.frames);
  atMost(`the frame in the middle, ${what}`, middle, 'ms', GOALS.frame);
  has(`99 of 100 frames at most, ${what}`, most, 'ms');
  has(`the longest frame, ${what}`, longest, 'ms');
  has(`frames longer than 25 ms, of ${frames} in all, ${what}`, late);
  has(`frames longer than 50 ms, ${what}`, long);
  atMost(`page busy for more than 50 ms, ${what}`, busy, 'times', GOALS.busy);
  has(`for how long at most, ${what}`, busiest, 'ms');
  const { rows, done } = await counted(page);
  if (rows > 60) throw new Error(`${rows} rows are in the page`);
  if (changes && done - before < DONE) throw new Error(`${done - before} rows were done`);
  if (changes) atLeast(`rows done in a second, ${what}`, (done - before) / seconds, '', A_SECOND);
  if (changes && !scrolls) atMost('changes of the list in a second', seen / seconds, '', GOALS.changes);
}

try {
  const page = await still(browser, { width: 1080, height: 720 });
  // A busy machine is seen in the figures, not in an end.
  page.setDefaultNavigationTimeout(120_000);
  await open(page, server.resolvedUrls.local[0], 'many-rows');
  await page.evaluate(readFileSync(here('./pace.js'), 'utf8'));
  await draws(page, 'while it is scrolled and rests', { changes: false, scrolls: true });
  await page.evaluate(() => (document.querySelector('.list').scrollTop = 0));
  await draws(page, 'while they are done, and it follows them', { changes: true, scrolls: false });
  await draws(page, 'while they are done and it is scrolled', { changes: true, scrolls: true });
  if (page.complaints.length > 0) throw new Error(page.complaints.join('\n'));
  const circumstances = `${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} processors, Chromium ${browser.version()}. By \`cargo xtask bench --case window\`, or \`npm run pace\` in ui/.`;
  const title = `### The same page in Chromium: ${ROWS} rows, two thousand of them done in a second`;
  const table = ['| | | goal |', '| --- | --- | --- |', ...lines];
  const end =
    missed.length > 0
      ? [`Missed, ${missed.length} of ${goals} goals:`, '', ...missed]
      : [`All ${goals} goals are reached.`];
  if (file) writeFileSync(file, `${[title, '', circumstances, '', ...table, '', ...end].join('\n')}\n`);
  if (missed.length > 0) throw new Error(`missed:\n${missed.join('\n')}`);
} finally {
  await browser.close();
  await server.close();
}
