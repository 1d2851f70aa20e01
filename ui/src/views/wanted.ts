// What somebody chose outside of the page: in the tray, the menu bar or a notification. The window is shown by then.
import type { Wanted } from '../ipc';
import type { Session } from '../state/session.svelte';
import type { Transfers } from '../state/transfers.svelte';
import type { Watches } from '../state/watches.svelte';
import type { Page } from './pages';
import { needsSomebody } from './watch';

export interface Ways {
  session: Pick<Session, 'pick'>;
  transfers: Pick<Transfers, 'filter' | 'find' | 'focus' | 'totals'>;
  watches: Pick<Watches, 'all'>;
  go: (page: Page) => void;
  /** The sheet with all shortcuts is shown, or goes. */
  shortcuts: (shown: boolean) => void;
}

export function lead(what: Wanted, { session, transfers, watches, go, shortcuts }: Ways): void {
  shortcuts(what.kind === 'shortcuts');
  switch (what.kind) {
    case 'needs-you':
      // Where it is a watched folder alone, the list would say that nothing does.
      if (transfers.totals.needsYou === 0 && watches.all?.some(needsSomebody)) {
        go('watched');
        break;
      }
      go('transfers');
      transfers.find(null);
      transfers.filter('needs-you');
      // Details of one row would hide the others where the window is narrow.
      transfers.focus(null);
      break;
    case 'row':
      go('transfers');
      transfers.find(null);
      transfers.filter('all');
      transfers.focus({ kind: 'item', id: what.item });
      break;
    case 'files':
    case 'folder':
      void session.pick(what.kind);
      break;
    case 'settings':
      go('settings');
      break;
    case 'shortcuts':
      break;
  }
}
