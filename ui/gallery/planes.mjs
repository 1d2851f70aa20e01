// The planes of the pictures: how much of each has which colour, to the last digit of it. Pictures are kept in few shades,
// in which a colour that is a little off is lost; and planes are small enough to be kept of every scenario in dark.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FILE = fileURLToPath(new URL('./planes.txt', import.meta.url));
/** Of 255 a colour may be off by this much: what lies upon another is rounded in ways of their own by browsers. */
const OFF = 1;
/** What is smaller is not compared, and what is much smaller not kept. In squares. */
const LARGE = 24;
const KEPT = 8;
/** Letters that are drawn otherwise reach into so many more of them, or into this part of them. */
const SLACK = 12;
const SHARE = 0.1;

/** By the picture's name. */
const committed = new Map(existsSync(FILE) ? readFileSync(FILE, 'utf8').split('\n').filter(Boolean).map(read) : []);

function read(line) {
  const [name, ...planes] = line.split(' ');
  return [name, Object.fromEntries(planes.map((plane) => plane.split('=')).map(([of, count]) => [of, Number(count)]))];
}

/** In words; null where they are the same. */
export function unlike(before, after) {
  const colours = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  for (const colour of colours.filter((one) => Math.max(before[one] ?? 0, after[one] ?? 0) >= LARGE)) {
    const [one, other] = [about(before, colour), about(after, colour)];
    if (Math.abs(one - other) > Math.max(SLACK, SHARE * Math.max(one, other)))
      return `its plane of #${colour} has ${other} squares, not ${one}`;
  }
  return null;
}

/** All that is of this colour. */
const about = (planes, colour) =>
  Object.entries(planes).reduce((sum, [of, count]) => (isAbout(of, colour) ? sum + count : sum), 0);

const isAbout = (one, other) =>
  [0, 2, 4].every((at) => Math.abs(parseInt(one.slice(at, at + 2), 16) - parseInt(other.slice(at, at + 2), 16)) <= OFF);

export const planesOf = (page, picture) =>
  page.evaluate((given) => window.gallery.planes(given), picture.toString('base64'));

/** Compares those of a picture with what is committed of it; with `write` that becomes what is seen. */
export async function comparePlanes(page, name, picture, { write, say }) {
  const now = await planesOf(page, picture);
  const before = committed.get(name);
  const wrong = before ? unlike(before, now) : 'its planes are not committed';
  if (wrong === null) return;
  if (!write) return say(wrong);
  committed.set(name, now);
  save();
}

function save() {
  const line = ([name, planes]) => {
    const large = Object.entries(planes).filter(([, count]) => count >= KEPT);
    return [name, ...large.toSorted().map(([of, count]) => `${of}=${count}`)].join(' ');
  };
  const lines = [...committed].map(line).toSorted();
  writeFileSync(FILE, `${lines.join('\n')}\n`);
}

/** Those of what is no more. */
export function stalePlanes(wanted, { write, say }) {
  for (const name of [...committed.keys()].filter((one) => !wanted.includes(one))) {
    if (write) committed.delete(name);
    else say(`${name}: its planes are committed, but there is no such picture`);
  }
  if (write) save();
}
