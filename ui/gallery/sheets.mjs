// The committed sheets: every scenario in both themes and three widths (sheet.ts), and what is seen now beside them.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { webp } from './pictures.mjs';

export const sheets = fileURLToPath(new URL('./sheets/', import.meta.url));

/**
 * Compares these looks of a scenario, columns of `{ picture, say }`, with those of its committed sheet; with `write` that one
 * becomes what is seen.
 */
export async function compareSheet(page, name, columns, { shots, write }) {
  const looks = columns.map((column) => column.map(({ picture }) => picture));
  const kept = `${sheets}${name}.webp`;
  const before = existsSync(kept) ? readFileSync(kept) : null;
  const { wrong, shown } = before ? await unlike(page, before, looks) : { wrong: null, shown: null };
  if (wrong?.every((one) => one === null)) return;
  if (write) {
    mkdirSync(sheets, { recursive: true });
    writeFileSync(kept, await sheet(page, looks));
    return;
  }
  columns.flat().forEach(({ picture, view, say }, at) => {
    const fault = wrong ? wrong[at] : 'there is no committed sheet of it';
    if (fault === null) return;
    say(wrong ? `${fault}; see ${view}.png, ${name}-sheet-before.webp and ${name}-sheet-differs.png` : fault);
    writeFileSync(`${shots}${view}.png`, picture);
  });
  if (before) writeFileSync(`${shots}${name}-sheet-before.webp`, before);
  if (shown) writeFileSync(`${shots}${name}-sheet-differs.png`, Buffer.from(shown, 'base64'));
}

const words = (looks) => looks.map((column) => column.map((picture) => picture.toString('base64')));

/** What would be committed of these looks. */
export const sheet = async (page, looks) =>
  webp(await page.evaluate((given) => window.gallery.sheet(given), words(looks)));

export const unlike = (page, before, looks) =>
  page.evaluate(([kept, given]) => window.gallery.unlike(kept, given), [before.toString('base64'), words(looks)]);
