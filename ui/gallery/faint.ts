// What can hardly be seen on the screen as it is: measured in the picture of the page, for what a style says of colours does not
// all come to the screen where the system forces its own.
import { read } from './differ';

/** Of contrast, of words and of what is drawn: thin lines come out fainter than their colour is. */
const LEAST = { read: 3, seen: 2 };
/** What is drawn, and no letter: it stands out from what is around it by this many pixels. */
const DRAWN = '.dot, .st, .i';
const AROUND = 2;

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Words and small drawings of the page that is in the picture, which is in base64. */
export async function faint(picture: string): Promise<string[]> {
  const image = await read(picture);
  const wrong = new Set<string>();
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = words.nextNode(); node; node = words.nextNode()) {
    const [said, within] = [node.textContent?.trim() ?? '', node.parentElement];
    if (!said || !within || !isSeen(within)) continue;
    const range = document.createRange();
    range.selectNode(node);
    for (const box of range.getClientRects()) {
      const shown = clipped(within, box);
      if (shown && contrast(image, shown, shown) < LEAST.read) wrong.add(`"${said.slice(0, 40)}" can hardly be read`);
    }
  }
  for (const drawn of document.querySelectorAll<HTMLElement>(DRAWN)) {
    const shown = isSeen(drawn) && clipped(drawn, drawn.getBoundingClientRect());
    if (shown && contrast(image, shown, around(shown)) < LEAST.seen)
      wrong.add(
        `${drawn.getAttribute('class') ?? ''} of "${drawn.parentElement?.textContent.trim().slice(0, 40) ?? ''}" can hardly be seen`,
      );
  }
  return [...wrong];
}

/** It is shown, and no part of what cannot be used now: that is fainter on purpose. */
const isSeen = (one: Element): boolean =>
  one.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
  one.closest(':disabled, [aria-disabled=true], [inert]') === null;

/** The part of it that is on the screen and beneath nothing else, where there is enough of it. */
function clipped(of: Element, { left, top, right, bottom }: Box): Box | null {
  let box = { left, top, right, bottom };
  const cut = (by: Box) => {
    box = {
      left: Math.max(box.left, by.left),
      top: Math.max(box.top, by.top),
      right: Math.min(box.right, by.right),
      bottom: Math.min(box.bottom, by.bottom),
    };
  };
  cut({ left: AROUND, top: AROUND, right: innerWidth - AROUND, bottom: innerHeight - AROUND });
  for (let one = of.parentElement; one; one = one.parentElement) {
    const { overflowX, clipPath } = getComputedStyle(one);
    if (overflowX !== 'visible' || clipPath !== 'none') cut(one.getBoundingClientRect());
  }
  if (getComputedStyle(of).overflowX !== 'visible') cut(of.getBoundingClientRect());
  const [width, height] = [box.right - box.left, box.bottom - box.top];
  if (width < 4 || height < 4) return null;
  const on = document.elementFromPoint(box.left + width / 2, box.top + height / 2);
  return on && (on.contains(of) || of.contains(on)) ? box : null;
}

const around = ({ left, top, right, bottom }: Box): Box => ({
  left: left - AROUND,
  top: top - AROUND,
  right: right + AROUND,
  bottom: bottom + AROUND,
});

/** The strongest there is within it, with the colour that most of `ground` has: of a drawing, the rim of it. */
function contrast({ width, data }: ImageData, within: Box, ground: Box): number {
  const pixels = (box: Box, take: (x: number, y: number) => boolean): Map<number, number> => {
    const found = new Map<number, number>();
    for (let y = Math.floor(box.top); y < Math.ceil(box.bottom); y += 1)
      for (let x = Math.floor(box.left); x < Math.ceil(box.right); x += 1) {
        if (!take(x, y)) continue;
        const at = (y * width + x) * 4;
        const colour = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
        found.set(colour, (found.get(colour) ?? 0) + 1);
      }
    return found;
  };
  const rim = within !== ground;
  const outside = (x: number, y: number) =>
    x < Math.floor(within.left) ||
    x >= Math.ceil(within.right) ||
    y < Math.floor(within.top) ||
    y >= Math.ceil(within.bottom);
  const most =
    [...pixels(ground, (x, y) => !rim || outside(x, y))].sort(([, one], [, other]) => other - one)[0]?.[0] ?? 0;
  const back = light(most);
  let best = 1;
  for (const colour of pixels(within, () => true).keys()) {
    const [dark, bright] = [light(colour), back].sort((one, other) => one - other) as [number, number];
    best = Math.max(best, (bright + 0.05) / (dark + 0.05));
  }
  return best;
}

/** As WCAG has it. */
function light(colour: number): number {
  const part = (shift: number): number => {
    const one = ((colour >> shift) & 255) / 255;
    return one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0);
}
