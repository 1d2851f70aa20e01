// Which rows are in line, and why one cannot be moved there.
import type { PausedBy, Row, RowState } from '../ipc';
import type { Thing } from './selection.svelte';

export const MOVES = ['first', 'earlier', 'later', 'last'] as const;
export type Move = (typeof MOVES)[number];

/** Whether it goes up in the list. */
const isUp = (move: Move): boolean => move === 'first' || move === 'earlier';
/** Why nothing moves. */
export type Stays = 'uploading' | 'sent' | 'paused' | 'first' | 'last';

/** As much of the list as is known. */
export interface Known {
  rows: Row[];
  first: number;
  total: number;
  /** Nothing of it is left out. */
  whole: boolean;
}

const IN_LINE: readonly RowState['kind'][] = ['queued', 'scanning', 'waiting', 'held'];

/** Who lets nobody go on, and leaves who is in line there. */
const ALL: readonly PausedBy[] = ['schedule', 'metered', 'battery'];

/** Of a folder that uploads, some files may wait for their turn. */
const mayBeInLine = ({ state, folder }: Row): boolean =>
  (state.kind === 'paused' && ALL.includes(state.by)) ||
  IN_LINE.includes(state.kind) ||
  (state.kind === 'uploading' && folder !== null);

/** Of this alone, wherever it stands. */
function byState({ state }: Thing, row: Row | undefined): Stays | null {
  if (state.kind === 'verifying') return 'sent';
  if (state.kind === 'paused') return ALL.includes(state.by) ? null : 'paused';
  return state.kind === 'uploading' && !row?.folder ? 'uploading' : null;
}

/** Why none of these moves, where that is known; what only the engine knows it answers itself. */
export function stays(things: Thing[], move: Move, known: Known): Stays | null {
  const rowOf = (thing: Thing) => known.rows.find(({ id }) => thing.target.kind === 'item' && id === thing.target.id);
  const movable = things.filter((thing) => byState(thing, rowOf(thing)) === null);
  const [one] = things;
  if (one && movable.length === 0) return byState(one, rowOf(one));
  return movable.length > 0 && blocked(movable, move, known) ? (isUp(move) ? 'first' : 'last') : null;
}

/** Whether nothing else is in line on that side of the farthest of them. */
function blocked(things: Thing[], move: Move, { rows, first, total, whole }: Known): boolean {
  const ids = new Set(things.map(({ target }) => target.id));
  const chosen = rows.flatMap(({ id }, at) => (ids.has(id) ? [at] : []));
  if (!whole || chosen.length < ids.size) return false;
  const others = rows.flatMap((row, at) => (!ids.has(row.id) && mayBeInLine(row) ? [at] : []));
  if (isUp(move)) return first === 0 && !others.some((at) => at < Math.max(...chosen));
  return first + rows.length === total && !others.some((at) => at > Math.min(...chosen));
}
