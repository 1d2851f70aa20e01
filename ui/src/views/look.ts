// How a state looks and what it says: the one table behind rows, files and details.
import type { Form } from '../parts/Shape.svelte';
import type { ErrorCode, RowState } from '../ipc';
import { clock } from '../state/format';
import { errors, text } from '../text/en';

export interface Look {
  form: Form;
  /** The state's word. */
  word: string;
  /** What stands under it at the right. */
  under: string;
  /** Instead of the destination, when there is a reason. */
  reason: string | null;
  tone: '' | 'is-bad' | 'is-warn';
  bar: '' | 'rest' | 'hold' | 'scan';
  /** The main button, where the state has one. */
  button: string | null;
  code: ErrorCode | null;
}

const base = { under: '', reason: null, tone: '', bar: '', button: null, code: null } as const;

export function lookOf(state: RowState): Look {
  const say = text.state;
  switch (state.kind) {
    case 'queued':
      return { ...base, form: 'queued', word: say.queued, under: say.ahead(state.ahead) };
    case 'scanning':
      return { ...base, form: 'scanning', word: say.scanning, bar: 'scan' };
    case 'uploading':
      return { ...base, form: 'uploading', word: say.uploading };
    case 'paused':
      return { ...base, form: 'paused', word: say.paused, under: `${say.byYou}, ${clock(state.since)}`, bar: 'rest' };
    case 'waiting':
      return {
        ...base,
        form: 'waiting',
        word: say.waiting,
        under: say.forNetwork,
        reason: errors[state.code].row,
        tone: 'is-warn',
        bar: 'hold',
        code: state.code,
      };
    case 'held':
      return { ...base, form: 'paused', word: say.waiting, under: say.held, bar: 'rest' };
    case 'verifying':
      return { ...base, form: 'verifying', word: say.verifying, reason: say.checking };
    case 'done':
      return { ...base, form: 'done', word: say.done, under: clock(state.at) };
    case 'failed': {
      const changed = state.code === 'file-changed';
      return {
        ...base,
        form: changed ? 'changed' : 'failed',
        word: say.failed,
        reason: errors[state.code].row,
        tone: changed ? 'is-warn' : 'is-bad',
        button: errors[state.code].button,
        code: state.code,
      };
    }
    case 'cancelled':
      return {
        ...base,
        form: 'cancelled',
        word: say.cancelled,
        reason: say.cancelledAt(clock(state.at)),
        button: text.act.again,
      };
  }
}
