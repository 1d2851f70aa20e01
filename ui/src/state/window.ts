// The virtual list's sums: where rows stand, which slice is to be asked for, and which row keeps the focus.
import type { FileRow, ItemId, Row } from '../ipc';

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

export const peekHeight = (count: number): number => count * FILE + BELOW;

/** An open folder, wherever in the list: one that is scrolled past is as it was. */
export interface Opened {
  index: number;
  /** The height of its peek. */
  peek: number;
  /** Rows of its own. */
  below: number;
}

/** Those of the list once a slice came. One that is not where it was is somewhere else, or gone. */
export function opened(
  before: ReadonlyMap<ItemId, Opened>,
  open: ReadonlySet<ItemId>,
  first: number,
  total: number,
  rows: Row[],
  peeks: number[],
): Map<ItemId, Opened> {
  const past = ({ index }: Opened) => index < Math.min(first, total) || (index >= first + rows.length && index < total);
  const all = new Map([...before].filter(([id, one]) => open.has(id) && past(one)));
  for (const [at, row] of rows.entries()) {
    const peek = peeks[at] ?? 0;
    if (peek > 0) all.set(row.id, { index: first + at, peek, below: rowsBelow(row) });
  }
  return all;
}

/** What stands before a row because of the open folders before it: pixels and rows. */
export function before(index: number, folders: Iterable<Opened>): { pixels: number; rows: number } {
  const sum = { pixels: 0, rows: 0 };
  for (const one of folders) {
    if (one.index >= index) continue;
    sum.pixels += one.peek;
    sum.rows += one.below;
  }
  return sum;
}

/** The row that lies there, or whose files do. */
export function rowAt(top: number, rowHeight: number, folders: Iterable<Opened>): number {
  let above = 0;
  for (const { index, peek } of [...folders].sort((one, other) => one.index - other.index)) {
    const end = (index + 1) * rowHeight + above;
    if (top < end) break;
    if (top < end + peek) return index;
    above += peek;
  }
  return Math.floor((top - above) / rowHeight);
}

/** The slice that covers what is seen, with some rows to spare. */
export function slice(
  scroll: number,
  height: number,
  rowHeight: number,
  folders: Iterable<Opened> = [],
): [number, number] {
  const top = rowAt(scroll, rowHeight, folders) - BEYOND;
  const seen = Math.ceil(height / rowHeight);
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
