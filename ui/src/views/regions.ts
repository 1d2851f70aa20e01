// F6 goes from one part of the window to the next.
import { seen } from './focus';

/** Focuses the first control of the next (1) or previous (-1) region that is in view. */
export function nextRegion(step: 1 | -1): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')].filter(seen);
  const here = regions.findIndex((one) => one.contains(document.activeElement));
  const start = here < 0 ? (step > 0 ? -1 : 0) : here;
  for (let turn = 1; turn <= regions.length; turn += 1) {
    const region = regions.at((start + step * turn + regions.length) % regions.length);
    const control = [...(region?.querySelectorAll<HTMLElement>('a, button, input, [tabindex]') ?? [])].find(
      (one) => one.tabIndex >= 0 && seen(one),
    );
    if (control) {
      control.focus();
      return;
    }
  }
}
