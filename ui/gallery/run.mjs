// Every scenario on a real page: pictures in both themes, the accessibility rules in both themes and three widths, a
// walk by keyboard, a zoom of 200 %, longer words, and from right to left. What is seen goes to artefacts/gallery; ends
// with 1 when anything is wrong.
import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { build, preview } from 'vite';
import { launch, still } from './browser.mjs';
import { comparison } from './comparison.mjs';
import { drops } from './drops.mjs';
import { run, seconds } from './hands.mjs';
import { keyboard } from './keyboard.mjs';
import { looks } from './looks.mjs';
import { manners } from './manners.mjs';
import { mirrored } from './mirrored.mjs';
import { words } from './words.mjs';
import { zoom } from './zoom.mjs';

/** What takes longest comes first, so that all hands are busy to the end. */
const CHECKS = { looks, keyboard, mirrored, words, manners, zoom, drops, comparison };
const PAINTERS = ['looks', 'manners'];
/** One more than the machine has cores: each waits for the page's timers now and then. */
const HANDS = Math.min(availableParallelism() + 1, 4);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const shots = here('../../artefacts/gallery/');
const configFile = here('./vite.config.mjs');
// npm run gallery -- [--only=looks|keyboard|…] [--write] [--pictures] [a part of a scenario's name …]
const flag = (name) => process.argv.includes(`--${name}`);
const only = process.argv.find((word) => word.startsWith('--only='))?.slice('--only='.length);
const write = flag('write');
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
if (only && !(only in CHECKS)) throw new Error(`no check is called ${only}: ${Object.keys(CHECKS).join(', ')}`);

const begun = performance.now();

await build({ configFile, logLevel: 'error' });
const server = await preview({ configFile, logLevel: 'warn', preview: { port: 0, host: '127.0.0.1' } });
const home = server.resolvedUrls.local[0];
const browser = await launch();
let faults;
try {
  const page = await still(browser, looks.page);
  await page.goto(home);
  const all = await page.evaluate(() => window.gallery.names);
  await page.context().close();
  const names = wanted.length > 0 ? all.filter((name) => wanted.some((part) => name.includes(part))) : all;
  // A check of nothing holds always.
  if (names.length === 0) throw new Error(`no scenario's name has ${wanted.join(' or ')} in it`);
  if (wanted.length === 0 && !only) rmSync(shots, { recursive: true, force: true });
  mkdirSync(shots, { recursive: true });
  const given = { browser, home, names, all, shots, write, every: flag('pictures') };
  // Who writes pictures wants no other check.
  const meant = Object.entries(CHECKS).filter(([what]) => (only ? what === only : !write || PAINTERS.includes(what)));
  faults = await run(meant, given, HANDS);
  console.log(`${names.length} scenarios, ${faults} wrong, ${seconds(performance.now() - begun)}`);
} finally {
  await browser.close();
  await server.close();
}
process.exit(faults === 0 ? 0 : 1);
