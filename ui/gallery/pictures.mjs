// The pictures that are committed, in full size, and what is seen now beside them. Every look of every scenario is on its
// sheet (sheets.mjs).
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import encode, { init } from '@jsquash/webp/encode.js';

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
  EVERY_WIDTH.includes(name) || (theme === 'light' ? size === 'normal' : size === 'compact' && DARK.includes(name));

/** Other systems draw letters in ways of their own. */
export const comparable = process.platform === 'linux';

/** Compares what is seen `now` with the committed picture of this name; with `write` that one becomes what is seen. */
export async function compare(page, name, now, { shots, write, say }) {
  const kept = `${committed}${name}.webp`;
  const before = existsSync(kept) ? readFileSync(kept) : null;
  writeFileSync(`${shots}${name}.png`, now);
  const difference = before && (await differ(page, before, now));
  if (difference && difference.wrong === null) return;
  if (write) {
    mkdirSync(committed, { recursive: true });
    const shades = await page.evaluate((picture) => window.gallery.shades(picture), now.toString('base64'));
    writeFileSync(kept, await webp(shades));
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
/** As small as it can be without a loss, of pixels in base64. */
export async function webp({ width, height, pixels }) {
  ready ??= init(await WebAssembly.compile(readFileSync(fileURLToPath(import.meta.resolve(CODEC)))));
  await ready;
  const data = new Uint8ClampedArray(Buffer.from(pixels, 'base64'));
  return Buffer.from(await encode({ data, width, height }, { lossless: 1, method: 4, quality: 100, exact: 1 }));
}

/** What is committed in this folder of what is no more. */
export function stale(folder, wanted, { write, say }) {
  const there = existsSync(folder) ? readdirSync(folder) : [];
  for (const file of there.filter((one) => !wanted.includes(one.replace(/\.webp$/, '')))) {
    if (write) rmSync(`${folder}${file}`);
    else say(`${file}: committed, but there is no such picture`);
  }
}
