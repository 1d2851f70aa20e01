// The pictures that are committed, and what is seen now beside them.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import encode, { init } from '@jsquash/webp/encode.js';
import { comparePlanes, stalePlanes } from './planes.mjs';

const CODEC = '@jsquash/webp/codec/enc/webp_enc_simd.wasm';

export const committed = fileURLToPath(new URL('./pictures/', import.meta.url));
/** Of these every width is compared in both themes; of all others the normal window in light. */
const EVERY_WIDTH = [
  'welcome',
  'drop-several-places',
  'list',
  'details-uploading',
  'watched-edit',
  'history',
  'settings-limits',
];
/** Of these the compact window in dark as well: of each kind what stands or looks otherwise there. */
const DARK = [
  'welcome-address-wrong',
  'welcome-proxy',
  'welcome-waiting',
  'connecting',
  'connecting-list',
  'token',
  'token-wrong',
  'sign-in-waiting',
  'sign-in-code',
  'stopped-full',
  'empty',
  'drop-one-place',
  'list-open',
  'list-all-files',
  'states',
  'folders',
  'folders-open',
  'problems-1',
  'find',
  'find-none',
  'shortcuts',
  'filter-none',
  'overview-offline',
  'overview-stuck',
  'overview-done',
  'waiting',
  'signed-out',
  'details-failed',
  'details-folder',
  'details-done',
  'several-selected',
  'menu-several',
  'menu-company',
  'limit-menu',
  'paused-metered',
  'watched',
  'watched-asks',
  'watched-edit-more',
  'watched-new',
  'settings-general',
  'settings-notifications',
  'quit',
  'history-details',
  'history-details-folder',
  'history-none',
  'settings-limits-wrong',
  'settings-connection',
  'settings-connection-by-hand',
  'settings-diagnostics-checking',
  'settings-diagnostics-wrong',
  'settings-diagnostics-forget',
  'toast-cancelled',
];
/** Names in letters that come from the system, whichever it is. */
const FOREIGN = ['names', 'names-toast', 'history-names'];

/** And these in forced colours. */
const FORCED = [
  'list',
  'list-open',
  'states',
  'details-uploading',
  'several-selected',
  'empty',
  'drop-several-places',
  'history-search',
  'settings-limits',
  'settings-general',
];

export const isForced = (name) => FORCED.includes(name);
/** Which pictures of the scenario are compared. */
export const isCompared = (name, size, theme) =>
  !FOREIGN.includes(name) &&
  (EVERY_WIDTH.includes(name) || (theme === 'light' ? size === 'normal' : size === 'compact' && DARK.includes(name)));

/** Of which others the planes alone are: of every scenario in dark. */
export const isCounted = (name, size, theme) => !FOREIGN.includes(name) && size === 'normal' && theme === 'dark';

/** Compares the planes of what the page shows with those that are committed. */
export async function count(page, name, { write, say }) {
  if (process.platform === 'linux') await comparePlanes(page, name, await page.screenshot(), { write, say });
}

/** Compares what the page shows with the committed picture of this name; with `write` that one becomes what is shown. */
export async function compare(page, name, { shots, write, say }) {
  // Other systems draw letters in ways of their own.
  if (process.platform !== 'linux') return;
  const kept = `${committed}${name}.webp`;
  const before = existsSync(kept) ? readFileSync(kept) : null;
  const now = await page.screenshot();
  writeFileSync(`${shots}${name}.png`, now);
  await comparePlanes(page, name, now, { write, say });
  const difference = before && (await differ(page, before, now));
  if (difference && difference.wrong === null) return;
  if (write) {
    mkdirSync(committed, { recursive: true });
    writeFileSync(kept, await webp(page, now));
  } else if (!difference) say('there is no committed picture of it');
  else {
    say(`not as in the committed picture: ${difference.wrong}; see ${name}-before.webp and ${name}-differs.png`);
    writeFileSync(`${shots}${name}-before.webp`, before);
    if (difference.shown) writeFileSync(`${shots}${name}-differs.png`, Buffer.from(difference.shown, 'base64'));
  }
}

export const differ = (page, before, now) =>
  page.evaluate(
    ([one, other]) => window.gallery.differ(one, other),
    [before.toString('base64'), now.toString('base64')],
  );

let ready;
/** As small as it can be without a loss, but for the shades. */
async function webp(page, png) {
  ready ??= init(await WebAssembly.compile(readFileSync(fileURLToPath(import.meta.resolve(CODEC)))));
  await ready;
  const { width, height, pixels } = await page.evaluate(
    (picture) => window.gallery.shades(picture),
    png.toString('base64'),
  );
  const data = new Uint8ClampedArray(Buffer.from(pixels, 'base64'));
  return Buffer.from(await encode({ data, width, height }, { lossless: 1, method: 4, quality: 100, exact: 1 }));
}

/** Committed pictures of what is no more, and planes: `counted` has none but those. */
export function stale(wanted, counted, { write, say }) {
  if (process.platform === 'linux') stalePlanes([...wanted, ...counted], { write, say });
  const there = existsSync(committed) ? readdirSync(committed) : [];
  for (const file of there.filter((one) => !wanted.includes(one.replace(/\.webp$/, '')))) {
    if (write) rmSync(`${committed}${file}`);
    else say(`${file}: committed, but there is no such picture`);
  }
}
