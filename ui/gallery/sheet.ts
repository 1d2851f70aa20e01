// Every look of a scenario on one sheet, each a third as wide and high as it is: a column for each width, light above
// dark. Where a look is of one colour the sheet has that to its last digit; what is drawn, as letters are, is kept in few
// levels, so that the committed sheets are small.
import { base64, type Pixels, png, read } from './differ';

/** So many pixels of a side become one. */
const SHRUNK = 3;
/** What is of one colour may be off by this much of 255: what lies upon another is rounded in ways of their own by browsers. */
const OFF = 1;
/** What is drawn has sixteen levels of each channel and is kept in the middle of one: by this last digit it is known. */
const MIDDLE = 0x08;
const DIGIT = 0x0f;
/** It may be of the next level. */
const NEXT = 0x10;
/** In no square of so many pixels a side … */
const SQUARE = 8;
/** … may more of them than this be different. */
const MOST = 5;
/** Between the looks. */
const GROUND = 0xff808080;
const RED = 0xff0000ff;

/** Pixels as they lie in memory: alpha, blue, green, red. */
interface Image {
  width: number;
  height: number;
  data: Uint32Array;
}

interface Place {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Unlike {
  /** Of each look, column by column, in words; null where it is the same to the eye. */
  wrong: (string | null)[];
  /** The most different pixels of any square. */
  worst: number;
  /** A PNG in base64 that shows where. */
  shown: string | null;
}

/** The sheet of these looks, PNGs in base64, column by column. */
export async function sheet(looks: string[][]): Promise<Pixels> {
  const { width, height, data } = (await laid(looks)).all;
  return { width, height, pixels: base64(new Uint8Array(data.buffer)) };
}

/** Compares the looks with those of a committed sheet. */
export async function unlike(kept: string, looks: string[][]): Promise<Unlike> {
  const [before, { all, places }] = await Promise.all([read(kept).then(image), laid(looks)]);
  if (before.width !== all.width || before.height !== all.height) {
    const wrong = `its sheet is ${String(all.width)} x ${String(all.height)}, not ${String(before.width)} x ${String(before.height)}`;
    return { wrong: places.map(() => wrong), worst: Infinity, shown: null };
  }
  const different = all.data.map((pixel, at) => Number(isOther(before.data[at] ?? 0, pixel)));
  const most = places.map((place) => densest(different, all.width, place));
  const wrong = most.map((count) =>
    count > MOST ? `${count} pixels of ${SQUARE} x ${SQUARE} on its sheet are different` : null,
  );
  const worst = Math.max(...most);
  return { wrong, worst, shown: worst > MOST ? await shown(all, different) : null };
}

/** Looks in their places. */
async function laid(looks: string[][]): Promise<{ all: Image; places: Place[] }> {
  const columns = await Promise.all(looks.map((column) => Promise.all(column.map(small))));
  const widths = columns.map((column) => Math.max(...column.map(({ width }) => width)));
  const rows = Math.max(...columns.map(({ length }) => length));
  const high = Math.max(...columns.flat().map(({ height }) => height));
  const width = widths.reduce((sum, one) => sum + one, 0);
  const data = new Uint32Array(width * high * rows).fill(GROUND);
  const places: Place[] = [];
  let left = 0;
  columns.forEach((column, at) => {
    column.forEach((one, row) => {
      const place = { left, top: row * high, width: one.width, height: one.height };
      for (let y = 0; y < one.height; y += 1)
        data.set(one.data.subarray(y * one.width, (y + 1) * one.width), (place.top + y) * width + left);
      places.push(place);
    });
    left += widths[at] ?? 0;
  });
  return { all: { width, height: high * rows, data }, places };
}

async function small(picture: string): Promise<Image> {
  const large = image(await read(picture));
  const [width, height] = [Math.floor(large.width / SHRUNK), Math.floor(large.height / SHRUNK)];
  const data = new Uint32Array(width * height);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) data[y * width + x] = one(large, x * SHRUNK, y * SHRUNK);
  return { width, height, data };
}

/** What becomes of so many pixels from here. */
function one({ width, data }: Image, left: number, top: number): number {
  const first = data[top * width + left] ?? 0;
  let [plain, red, green, blue] = [true, 0, 0, 0];
  for (let y = top; y < top + SHRUNK; y += 1)
    for (let at = y * width + left; at < y * width + left + SHRUNK; at += 1) {
      const pixel = data[at] ?? 0;
      plain &&= pixel === first;
      red += pixel & 0xff;
      green += (pixel >> 8) & 0xff;
      blue += (pixel >> 16) & 0xff;
    }
  if (plain) return first;
  const level = (sum: number) => ((sum / SHRUNK ** 2) & ~DIGIT) | MIDDLE;
  return (0xff000000 | (level(blue) << 16) | (level(green) << 8) | level(red)) >>> 0;
}

/** Who has this last digit in all channels counts as drawn, whatever it is. */
const isDrawn = (pixel: number) => [0, 8, 16].every((at) => ((pixel >> at) & DIGIT) === MIDDLE);

function isOther(before: number, after: number): boolean {
  if (before === after) return false;
  const drawn = isDrawn(before) || isDrawn(after);
  return [0, 8, 16].some((at) => {
    const [one, other] = [(before >> at) & 0xff, (after >> at) & 0xff];
    return drawn ? Math.abs((one & ~DIGIT) - (other & ~DIGIT)) > NEXT : Math.abs(one - other) > OFF;
  });
}

/** How many are different in the square of this place that has most of them. */
function densest(different: Uint32Array, wide: number, { left, top, width, height }: Place): number {
  let most = 0;
  /** Of the last rows of a square, by column. */
  const columns = new Uint32Array(width);
  const at = (x: number, y: number) => different[(top + y) * wide + left + x] ?? 0;
  for (let y = 0; y < height; y += 1) {
    let count = 0;
    for (let x = 0; x < width; x += 1) {
      columns[x] = (columns[x] ?? 0) + at(x, y) - (y < SQUARE ? 0 : at(x, y - SQUARE));
      count += (columns[x] ?? 0) - (columns[x - SQUARE] ?? 0);
      most = Math.max(most, count);
    }
  }
  return most;
}

/** The looks, fainter, and what is different in red. */
function shown({ width, height, data }: Image, different: Uint32Array): Promise<string> {
  const faint = (pixel: number) => (0xff000000 | (((pixel >> 2) & 0x3f3f3f) + 0xa0a0a0)) >>> 0;
  const seen = data.map((pixel, at) => (different[at] === 1 ? RED : faint(pixel)));
  return png(new ImageData(new Uint8ClampedArray(seen.buffer), width, height));
}

const image = ({ width, height, data }: ImageData): Image => ({ width, height, data: new Uint32Array(data.buffer) });
