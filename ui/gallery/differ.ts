// How far two pictures differ, by what the eye sees: a moved button, another colour or a missing word is many pixels at
// one place; the few that are drawn otherwise by another version of the browser are not. What the eye may miss, a colour
// that is a little off, is seen on the sheets (sheet.ts).
import pixelmatch from 'pixelmatch';

/** Of each colour so many shades are told apart, which keeps the committed pictures small. */
const SHADES = 16;
/** How different a colour may be, of 1 for black and white. */
const THRESHOLD = 0.03;
/** In no square of so many pixels a side … */
const SQUARE = 16;
/** … may more of them than this be different. */
const MOST = 16;

/** Pixels in base64. */
export interface Pixels {
  width: number;
  height: number;
  pixels: string;
}

export interface Difference {
  /** In words; null where they are the same to the eye. */
  wrong: string | null;
  /** The most different pixels of any square. */
  worst: number;
  /** A PNG in base64 that shows where. */
  shown: string | null;
}

/** Compares two pictures, each in base64. */
export async function differ(before: string, after: string): Promise<Difference> {
  const [one, other] = await Promise.all([shaded(before), shaded(after)]);
  const { width, height } = one;
  if (width !== other.width || height !== other.height)
    return { wrong: `it is ${other.width} x ${other.height}, not ${width} x ${height}`, worst: Infinity, shown: null };
  const shown = new ImageData(width, height);
  const options = { threshold: THRESHOLD, windowSize: SQUARE, includeAA: true };
  const worst = pixelmatch(one.data, other.data, shown.data, width, height, options);
  if (worst <= MOST) return { wrong: null, worst, shown: null };
  return { wrong: `${worst} pixels of ${SQUARE} x ${SQUARE} are different`, worst, shown: await png(shown) };
}

/** What is kept of a picture: its pixels in so many shades. */
export async function shades(picture: string): Promise<Pixels> {
  const { width, height, data } = await shaded(picture);
  return { width, height, pixels: base64(new Uint8Array(data.buffer)) };
}

/** The pixels of a picture in base64. */
export async function read(picture: string): Promise<ImageData> {
  const bytes = Uint8Array.from(atob(picture), (sign) => sign.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes]), { colorSpaceConversion: 'none' });
  const context = canvas(bitmap).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('there is no canvas');
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
}

/** In as few shades as it is kept. */
async function shaded(picture: string): Promise<ImageData> {
  const image = await read(picture);
  const { data } = image;
  const step = 255 / (SHADES - 1);
  for (let at = 0; at < data.length; at += 1) data[at] = Math.round((data[at] ?? 0) / step) * step;
  return image;
}

export async function png(picture: ImageData): Promise<string> {
  const drawn = canvas(picture);
  drawn.getContext('2d')?.putImageData(picture, 0, 0);
  const blob = await drawn.convertToBlob({ type: 'image/png' });
  return base64(new Uint8Array(await blob.arrayBuffer()));
}

export function base64(bytes: Uint8Array): string {
  let signs = '';
  // So many at once as a call may have arguments.
  for (let at = 0; at < bytes.length; at += 8_192) signs += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(signs);
}

const canvas = ({ width, height }: { width: number; height: number }) => new OffscreenCanvas(width, height);
