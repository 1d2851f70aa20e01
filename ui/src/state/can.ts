// What a state allows.
import type { RowState } from '../ipc';

/** Whether "Pause" means something. */
export function pausable(state: RowState): boolean {
  return ['uploading', 'queued', 'waiting', 'scanning'].includes(state.kind);
}

/** At its end and needing nobody: it can go from the list, and cancelling it means nothing. */
export function ended(state: RowState): boolean {
  return state.kind === 'done' || state.kind === 'cancelled';
}
