// Focus is never lost: what goes away gives it back.
import { tick } from 'svelte';

/** Whether it has a place on the screen. */
export const seen = (element: HTMLElement): boolean => element.getClientRects().length > 0;

const lost = (): boolean => document.activeElement === null || document.activeElement === document.body;

/** For a part that comes and goes: afterwards the focus is where it was before, if it is nowhere else by then. */
export function returns(node: HTMLElement): { destroy: () => void } {
  const active = document.activeElement as HTMLElement | null;
  const before = node.contains(active) ? null : active;
  return {
    destroy: () => {
      void tick().then(() => {
        if (lost() && before?.isConnected) before.focus();
      });
    },
  };
}

/** Calls `home` whenever the focus was within the node and is nowhere. */
export function keeps(node: HTMLElement, home: () => void): { destroy: () => void } {
  let within = false;
  const came = () => (within = true);
  const left = (event: FocusEvent) => {
    // A part that was removed names nobody; then it is still ours to place.
    if (event.relatedTarget) within = node.contains(event.relatedTarget as Node);
  };
  const watch = new MutationObserver(() => {
    if (within) void tick().then(() => lost() && home());
  });
  node.addEventListener('focusin', came);
  node.addEventListener('focusout', left);
  watch.observe(node, { childList: true, subtree: true });
  return {
    destroy: () => {
      watch.disconnect();
      node.removeEventListener('focusin', came);
      node.removeEventListener('focusout', left);
    },
  };
}
