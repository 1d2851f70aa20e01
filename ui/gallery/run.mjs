// Every scenario on a real page: pictures in both themes and three widths, the accessibility rules, a walk by
// keyboard, a zoom of 200 %, longer words, and from right to left. Pictures go to artefacts/gallery; ends with 1 when anything is wrong.
import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, preview } from 'vite';
import { launch } from './browser.mjs';
import { drops } from './drops.mjs';
import { keyboard } from './keyboard.mjs';
import { looks } from './looks.mjs';
import { manners } from './manners.mjs';
import { mirrored } from './mirrored.mjs';
import { words } from './words.mjs';
import { zoom } from './zoom.mjs';

const CHECKS = ['looks', 'keyboard', 'drops', 'manners', 'zoom', 'words', 'mirrored'];
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const shots = here('../../artefacts/gallery/');
const configFile = here('./vite.config.mjs');
// npm run gallery -- [--only=looks|keyboard|drops|manners|zoom|words|mirrored] [a part of a scenario's name …]
const only = process.argv.find((word) => word.startsWith('--only='))?.slice('--only='.length);
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));

const begun = performance.now();
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

await build({ configFile, logLevel: 'warn' });
const server = await preview({ configFile, logLevel: 'warn', preview: { port: 0, host: '127.0.0.1' } });
const home = server.resolvedUrls.local[0];
const browser = await launch();
let faults = 0;
try {
  const page = await browser.newPage();
  await page.goto(home);
  const all = await page.evaluate(() => window.gallery.names);
  await page.close();
  const names = wanted.length > 0 ? all.filter((name) => wanted.some((part) => name.includes(part))) : all;
  // A check of nothing holds always.
  if (names.length === 0) throw new Error(`no scenario's name has ${wanted.join(' or ')} in it`);
  if (only && !CHECKS.includes(only)) throw new Error(`no check is called ${only}: ${CHECKS.join(', ')}`);
  if (wanted.length === 0 && !only) rmSync(shots, { recursive: true, force: true });
  mkdirSync(shots, { recursive: true });
  const checked = async ([what, check]) => {
    if (only && only !== what) return;
    const since = performance.now();
    const { checks, wrong } = await check({ browser, home, names, shots });
    for (const line of wrong) console.log(`   ${what}: ${line}`);
    console.log(
      `${wrong.length === 0 ? 'ok  ' : 'WRONG'} ${what}: ${checks}, ${wrong.length} wrong, ${seconds(since)}`,
    );
    faults += wrong.length;
  };
  // Two at a time: `looks` is two by itself.
  const inTurn = async (checks) => {
    for (const one of Object.entries(checks)) await checked(one);
  };
  await inTurn({ looks });
  await Promise.all([inTurn({ keyboard, drops }), inTurn({ manners, zoom, words, mirrored })]);
  console.log(`${names.length} scenarios, ${faults} wrong, ${seconds(begun)}`);
} finally {
  await browser.close();
  await server.close();
}
process.exit(faults === 0 ? 0 : 1);
