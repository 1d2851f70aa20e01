// Whether everything that is shown fits into the window: plain script, for any engine: it is run in the real window as
// well (tests/scenarios/window_zoom.rs). Answers what does not.
window.fits ??= (() => {
  const CONTROLS = 'button, a[href], input, select, textarea, [tabindex="0"]';
  const name = (element) =>
    `${element.tagName.toLowerCase()}.${[...element.classList].join('.')} "${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 40)}"`;

  const clips = (overflow) => overflow === 'hidden' || overflow === 'clip';
  const isShown = (element) => {
    const { display, visibility } = getComputedStyle(element);
    const { width, height } = element.getBoundingClientRect();
    return display !== 'none' && visibility !== 'hidden' && width > 0 && height > 0 && !element.closest('[inert]');
  };
  // Hidden on purpose for sight only, shortened on purpose with an ellipsis, or what is written in a field, which follows the caret.
  const isMeant = (element) =>
    element.closest('.vh, .one, .h, .mid') ||
    (element.matches('input') && element.value !== '') ||
    (getComputedStyle(element).position === 'absolute' && element.clientWidth <= 1);

  /** What is cut off, and nothing can be done about it. */
  function cut() {
    const found = [];
    for (const element of document.querySelectorAll('body *')) {
      if (!isShown(element) || isMeant(element) || element.closest('[aria-hidden=true], svg')) continue;
      const { overflowX, overflowY } = getComputedStyle(element);
      if (clips(overflowX) && element.scrollWidth > element.clientWidth + 1)
        found.push(`cut off at the side: ${name(element)}`);
      if (clips(overflowY) && element.scrollHeight > element.clientHeight + 1)
        found.push(`cut off below: ${name(element)}`);
      if (!element.matches('button, a, input, h1, h2, p, label')) continue;
      const { left, right } = element.getBoundingClientRect();
      if (left < -1 || right > innerWidth + 1) found.push(`beside the window: ${name(element)}`);
    }
    return found;
  }

  /** What a person cannot bring into view, by scrolling what scrolls, or finds covered. */
  function unreached() {
    const found = [];
    for (const control of document.querySelectorAll(CONTROLS)) {
      if (!control.isConnected || !isShown(control) || control.closest('.vh, [aria-hidden=true]')) continue;
      control.scrollIntoView({ block: 'nearest', inline: 'nearest' });
      // A script scrolls what no person can.
      for (let up = control.parentElement; up; up = up.parentElement) {
        const { overflowX, overflowY } = getComputedStyle(up);
        const moved = (clips(overflowY) && up.scrollTop !== 0) || (clips(overflowX) && up.scrollLeft !== 0);
        if (!moved) continue;
        [up.scrollTop, up.scrollLeft] = [0, 0];
        if (!up.matches('input')) found.push(`out of reach within ${name(up)}: ${name(control)}`);
      }
      const box = control.getBoundingClientRect();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      const isIn = x >= 0 && x <= innerWidth && y >= 0 && y <= innerHeight;
      if (!isIn) found.push(`out of view: ${name(control)}`);
      // Rows have theirs where they are pointed at or have the focus.
      if (!isIn || getComputedStyle(control).pointerEvents === 'none' || control.matches('input')) continue;
      const top = document.elementFromPoint(x, y);
      const over = top?.closest('.menu, .toast, .tip, .sheet, .dlg, .scrim, .targets');
      if (top && !control.contains(top) && !(over && !over.contains(control)) && !top.contains(control))
        found.push(`covered by ${name(top)}: ${name(control)}`);
    }
    return found;
  }

  return () => {
    const wide = document.documentElement.scrollWidth;
    const beside = () =>
      [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1);
    const sideways =
      wide > innerWidth ? [`the page is ${wide} of ${innerWidth} wide: ${beside().map(name).join(', ')}`] : [];
    return [...new Set([...sideways, ...cut(), ...unreached()])];
  };
})();
