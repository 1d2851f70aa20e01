// F6 goes from one part of the window to the next.

/** Focuses the first control of the next (1) or previous (-1) region that is in view. */
export function nextRegion(step: 1 | -1): void {
  const seen = [...document.querySelectorAll<HTMLElement>('[data-region]')].filter((one) => one.checkVisibility());
  const here = seen.findIndex((one) => one.contains(document.activeElement));
  const start = here < 0 ? (step > 0 ? -1 : 0) : here;
  for (let turn = 1; turn <= seen.length; turn += 1) {
    const region = seen.at((start + step * turn + seen.length) % seen.length);
    const control = [...(region?.querySelectorAll<HTMLElement>('a, button, input, [tabindex]') ?? [])].find(
      (one) => one.tabIndex >= 0 && one.checkVisibility(),
    );
    if (control) {
      control.focus();
      return;
    }
  }
}
