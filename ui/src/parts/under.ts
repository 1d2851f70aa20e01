// Below which of its widths a room of the page is: `data-under="780 600"`, for the styles.

/** Of a list, and of what stands in the middle of the window, in the page's pixels. */
export const LIST = [780, 600] as const;
export const MAIN = [700, 560] as const;

/**
 * Keeps it written on an element. Container queries would ask the same, but WebKit before 301639@main asks how wide a room is on
 * the screen: drawn at 200 %, a list of 540 px is taken for one of 1,080 (bugs.webkit.org 300066; WebKitGTK 2.50, macOS 26).
 */
export function under(room: HTMLElement, widths: readonly number[]) {
  const looks = () => {
    const found = widths.filter((width) => room.clientWidth <= width).join(' ');
    if (room.dataset['under'] !== found) room.dataset['under'] = found;
  };
  const sizes = new ResizeObserver(looks);
  sizes.observe(room);
  looks();
  return { destroy: () => sizes.disconnect() };
}
