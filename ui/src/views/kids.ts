// The rows of the list as they lie in the page, and those of open folders among them.
import type { Thing } from '../state/selection.svelte';
import { thingOfFile } from '../state/selection.svelte';
import { filesShown, type Held } from '../state/window';

/** One that has the focus: a file, or the line for the rest, which has nothing but its button. */
export interface Kid {
  nth: number;
  thing: Thing | null;
  press: () => void;
}

/** Those of the folder in that place. */
export const kidsOf = (list: HTMLElement | undefined, index: number): HTMLElement[] => [
  ...(list?.querySelectorAll<HTMLElement>(`[data-index='${index}'] .kids > [role='row']`) ?? []),
];

/** The one that this lies in. */
export function kidOf(list: HTMLElement | undefined, target: HTMLElement, { row, index }: Held): Kid | null {
  const kid = target.closest<HTMLElement>('.kid');
  if (!kid) return null;
  const nth = kidsOf(list, index).indexOf(kid);
  const file = filesShown(row)[nth];
  return { nth, thing: file ? thingOfFile(file) : null, press: () => kid.querySelector('button')?.click() };
}

/** The place of the row that this lies in, with the files of its folder. */
export const indexOf = (target: EventTarget | null): number | null => {
  const slot = (target as HTMLElement).closest<HTMLElement>('[data-index]');
  return slot ? Number(slot.dataset['index']) : null;
};
