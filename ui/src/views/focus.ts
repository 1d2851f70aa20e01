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

/** Whether the focus is within, or was when what had it was removed. */
function watched(node: HTMLElement): { within: () => boolean; stop: () => void } {
  let within = node.contains(document.activeElement);
  const came = () => (within = true);
  const left = (event: FocusEvent) => {
    // What is removed names nobody; then it is still ours to place.
    if (event.relatedTarget) within = node.contains(event.relatedTarget as Node);
  };
  node.addEventListener('focusin', came);
  node.addEventListener('focusout', left);
  return {
    within: () => within,
    stop: () => {
      node.removeEventListener('focusin', came);
      node.removeEventListener('focusout', left);
    },
  };
}

/** For a part that something else follows: the focus goes to the first of these that is there. */
export function handsOver(node: HTMLElement, to: string[]): { destroy: () => void } {
  const { within, stop } = watched(node);
  return {
    destroy: () => {
      stop();
      const first = () => to.map((one) => document.querySelector<HTMLElement>(one)).find((one) => one !== null);
      if (within()) void tick().then(() => lost() && first()?.focus());
    },
  };
}

/** Calls `home` whenever the focus was within the node and is nowhere. */
export function keeps(node: HTMLElement, home: () => void): { destroy: () => void } {
  const { within, stop } = watched(node);
  const changes = new MutationObserver(() => {
    if (within()) void tick().then(() => lost() && home());
  });
  changes.observe(node, { childList: true, subtree: true });
  return {
    destroy: () => {
      changes.disconnect();
      stop();
    },
  };
}

/** The focus stays in what is open: Tab goes round in it. */
export function round(box: HTMLElement | undefined, event: KeyboardEvent): void {
  const inside = box?.querySelectorAll<HTMLElement>('button, input, a[href], [tabindex="0"]') ?? [];
  const all = [...inside].filter(seen);
  const [from, to] = event.shiftKey ? [all[0], all.at(-1)] : [all.at(-1), all[0]];
  const here = document.activeElement;
  if (here !== from && here !== box && box?.contains(here)) return;
  event.preventDefault();
  to?.focus();
}

/** For what is asked before all else: what lies beneath hears no key, wherever the focus is. */
export function modal(node: HTMLElement, key: (event: KeyboardEvent) => void): { destroy: () => void } {
  const heard = (event: KeyboardEvent) => {
    // Of several the last lies on top.
    if ([...document.querySelectorAll('[aria-modal=true]')].at(-1) !== node) return;
    if (event.key === 'Tab') round(node, event);
    else key(event);
    event.stopPropagation();
  };
  addEventListener('keydown', heard, true);
  return { destroy: () => removeEventListener('keydown', heard, true) };
}
