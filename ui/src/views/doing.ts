// What a person can do to a row. Routine things never ask; what can be undone says so in a toast.
import type { Ipc, Row, Target } from '../ipc';
import type { Session } from '../state/session.svelte';
import type { Toasts } from '../state/toasts.svelte';
import type { Transfers } from '../state/transfers.svelte';
import { errors, text } from '../text/en';

export interface Doing {
  details: (row: Row) => void;
  pause: (row: Row) => void;
  resume: (row: Row) => void;
  cancel: (row: Row) => void;
  remove: (row: Row) => void;
  link: (row: Row) => void;
  show: (row: Row) => void;
  toggle: (row: Row) => void;
  /** The row's one button. */
  main: (row: Row) => void;
}

export function doing(ipc: Ipc, transfers: Transfers, toasts: Toasts, session: Session): Doing {
  const target = (row: Row): Target => ({ kind: 'item', id: row.id });
  const undo = (row: Row) => () => void transfers.act('undo', [target(row)]);
  const cancel = (row: Row) => {
    void transfers.act('cancel', [target(row)]);
    toasts.say(text.cancelled(row.name), { label: text.undo, run: undo(row) });
  };
  const remove = (row: Row) => {
    void transfers.act('remove', [target(row)]);
    toasts.say(text.removed, { label: text.undo, run: undo(row) });
  };
  return {
    details: (row) => transfers.focus(target(row)),
    pause: (row) => void transfers.act('pause', [target(row)]),
    resume: (row) => void transfers.act('resume', [target(row)]),
    cancel,
    remove,
    link: (row) => void ipc.copyLink(target(row)).then((ready) => toasts.say(ready ? text.linkReady : text.linkLater)),
    show: (row) => void ipc.showInFolder(target(row)).catch(() => toasts.say(errors['file-missing'].row)),
    toggle: (row) => transfers.toggle(row.id),
    main: (row) => {
      if (row.state.kind === 'cancelled') void transfers.act('retry', [target(row)]);
      else if (row.state.kind !== 'failed') return;
      else if (row.state.code === 'already-there') void transfers.act('keep-both', [target(row)]);
      else if (row.state.code === 'sign-in-ended') session.asking = true;
      else if (errors[row.state.code].button === 'Remove') cancel(row);
      else void transfers.act('retry', [target(row)]);
    },
  };
}
