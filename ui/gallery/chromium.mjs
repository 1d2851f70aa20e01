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
const DONE = 500;
const SECONDS = 10;
/** Drawn by software, by the processors that do all else: half of 60 frames a second, and none of half a second. */
const BOUNDS = { frames: 30, longest: 500 };
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [file] = process.argv.slice(2);
const configFile = here('./vite.config.mjs');

await build({ configFile, logLevel: 'warn' });
const server = await preview({ configFile, logLevel: 'warn', preview: { port: 0, host: '127.0.0.1' } });
const browser = await launch();
/** The table's. */
const lines = [];
const has = (what, figure, unit, goal = '', reached = true) => {
  const told = `${figure < 10 ? figure.toFixed(2) : figure.toFixed(0)} ${unit}`.trim();
  lines.push(`| ${what} | ${told} | ${goal}${reached ? '' : ', **not reached**'} |`);
  console.log(`Chromium: ${what}: ${told}`);
};

/** What is beyond its bound. */
const missed = [];
function within(what, figure, holds) {
  if (!holds) missed.push(`${what}: ${figure.toFixed(1)}`);
}

/** The rows that are in the page, and how many of all are done. */
const counted = (page) =>
  page.evaluate(() => ({
    rows: document.querySelectorAll('[role=row]').length,
    done: Number(document.querySelectorAll('.tab b')[3].innerText.replace(/\D/g, '')),
  }));

async function draws(page, what, { changes, scrolls }) {
  const before = (await counted(page)).done;
  const told = await page.evaluate(
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
  const [seconds, seen, frames, , most, longest, busy, busiest] = told;
  has(`frames a second, ${what}`, frames / seconds, '', '60 at least', frames / seconds >= 59.5);
  has(`99 of 100 frames, ${what}`, most, 'ms');
  has(`the longest frame, ${what}`, longest, 'ms');
  has(`page busy for more than 50 ms, ${what}`, busy, 'times', '0 at most', busy === 0);
  has(`for how long at most, ${what}`, busiest, 'ms');
  within(`frames a second, ${what}`, frames / seconds, frames / seconds >= BOUNDS.frames);
  within(`the longest frame, ${what}`, longest, longest <= BOUNDS.longest);
  within(`for how long at most, ${what}`, busiest, busiest <= BOUNDS.longest);
  const { rows, done } = await counted(page);
  if (rows > 60) throw new Error(`${rows} rows are in the page`);
  if (changes && done - before < DONE) throw new Error(`${done - before} rows were done`);
  if (changes) has(`rows done in a second, ${what}`, (done - before) / seconds, '');
  if (changes && !scrolls)
    has('changes of the list in a second', seen / seconds, '', '4 at most', seen / seconds <= 4.5);
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
  const circumstances = `${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} processors, Chromium ${browser.version()}.`;
  const title = `### The same page in Chromium: ${ROWS} rows, two thousand of them done in a second`;
  const table = ['| | | goal |', '| --- | --- | --- |', ...lines];
  if (file) writeFileSync(file, `${[title, '', circumstances, '', ...table].join('\n')}\n`);
  if (missed.length > 0) throw new Error(`beyond their bounds:\n${missed.join('\n')}`);
} finally {
  await browser.close();
  await server.close();
}
