// Why nothing can go anywhere as things stand.
import type { Session } from '../state/session.svelte';
import { errors, text } from '../text';

/** None where there is a place, or it is not known yet how things stand. */
export function nowhere({ view, places }: Pick<Session, 'view' | 'places'>): string | null {
  if (places.length > 0) return null;
  switch (view?.kind) {
    case 'connected':
      return text.targets.none;
    case 'connecting':
      return errors['backend-down'].row;
    case 'signed-out':
      return errors['sign-in-ended'].row;
    default:
      return null;
  }
}
