// The virtual list's sums: where rows stand, which slice is to be asked for, and which row keeps the focus.
import type { FileRow, Row } from '../ipc';

/** Rows that exist above and below what is seen. */
const BEYOND = 10;
/** The slice moves by this many rows, so that not every line of scrolling asks anew. */
const STEP = 5;
/** The engine gives at most this many at once. */
const MOST = 500;
const FILE = 32;
const BELOW = 8;

/** How many lines an open folder's peek needs: its problems, the files being sent, and its own line. */
export function lines(row: Row): number {
  const folder = row.folder;
  if (!folder) return 0;
  const rests = ['paused', 'done', 'failed', 'cancelled'].includes(row.state.kind);
  const problems = Math.min(2, folder.needsYou);
  const sending = rests ? 0 : Math.min(4, folder.files - folder.done - folder.needsYou);
  return problems + Math.max(0, sending) + 1;
}

/** The files that an open folder shows, in their order; below them is its own line. */
export function filesShown(row: Row): FileRow[] {
  const peek = row.folder?.peek;
  return peek ? [...peek.problems, ...peek.sending] : [];
}

/** Rows below that of a folder, as far as they are shown. */
export const rowsBelow = (row: Row): number => (row.folder?.peek ? filesShown(row).length + 1 : 0);

/** Rows of open folders: how many stand before each row, and how many in all. */
export function rowsAbove(rows: Row[], peeks: number[]): { each: number[]; sum: number } {
  let sum = 0;
  const each = rows.map((row, at) => {
    const before = sum;
    if ((peeks[at] ?? 0) > 0) sum += rowsBelow(row);
    return before;
  });
  return { each, sum };
}

export const peekHeight = (count: number): number => count * FILE + BELOW;

export interface Placed {
  /** The top of each row of the slice. */
  tops: number[];
  /** Of everything. */
  height: number;
}

/** Only rows that were seen can be open, so the slice tells all that is needed to place it. */
export function place(first: number, total: number, rowHeight: number, peeks: number[]): Placed {
  let top = first * rowHeight;
  const tops = peeks.map((peek) => {
    const at = top;
    top += rowHeight + peek;
    return at;
  });
  return { tops, height: total * rowHeight + peeks.reduce((all, peek) => all + peek, 0) };
}

/** The slice that covers what is seen, with some rows to spare. */
export function slice(scroll: number, height: number, rowHeight: number, peeks: number): [number, number] {
  const top = Math.floor((scroll - peeks) / rowHeight) - BEYOND;
  const seen = Math.ceil((height + peeks) / rowHeight);
  return [Math.max(0, Math.floor(top / STEP) * STEP), Math.min(MOST, seen + 2 * BEYOND + STEP)];
}

export interface Held {
  row: Row;
  index: number;
}

/**
 * Where the focused row is in a new slice. Scrolled away it stays as it was; gone from the list, the one that took
 * its place has the focus.
 */
export function follow(held: Held | null, first: number, total: number, rows: Row[]): Held | null {
  const at = (index: number): Held | null => {
    const row = rows[index - first];
    return row ? { row, index } : null;
  };
  if (!held) return at(first);
  const found = rows.findIndex((row) => row.id === held.row.id);
  if (found >= 0) return at(first + found);
  const inside = held.index >= first && held.index < first + rows.length;
  if (inside) return at(held.index);
  if (held.index >= total) return at(total - 1) ?? at(first + rows.length - 1);
  return held;
}
