// How a page keeps pace: each of its frames, how often something in it changes, and how long it is busy at a time.
// Plain script, for any engine: it is run in the real window as well (tests/src/frames.rs).
window.pace ??= (() => {
  /** Who waits for a turn is called this often, and too late where the page was busy for longer than that. */
  const TURN_MS = 10;
  const LONG_MS = 50;
  /** A frame of more than one and a half of 60 in a second: at least one was left out. */
  const LATE_MS = 25;
  /** What changes so soon after something else is one change with it, as nobody sees them apart. */
  const AT_ONCE_MS = 30;
  /** Pixels of a list that is scrolled, each frame. */
  const STEP = 56;
  let seen = null;
  let scrolled = null;

  /** Of all that changes in `observed`, what lies in `within` counts: that may come and go. */
  function begins(observed, within = observed) {
    seen?.observer.disconnect();
    seen?.tasks?.disconnect();
    const mine = {
      begun: performance.now(),
      frames: [],
      busy: [],
      changes: 0,
      counts: true,
      observer: null,
      tasks: null,
    };
    // Nobody counts any more what was counted before.
    seen = mine;
    let last = performance.now();
    const frame = (now) => {
      if (seen !== mine || !mine.counts) return;
      mine.frames.push(Math.max(0, now - last));
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    if (PerformanceObserver.supportedEntryTypes.includes('longtask')) {
      // The engine tells its long tasks itself.
      mine.tasks = new PerformanceObserver((tasks) =>
        mine.busy.push(...tasks.getEntries().map((task) => task.duration)),
      );
      mine.tasks.observe({ type: 'longtask' });
    } else {
      let due = performance.now() + TURN_MS;
      const turn = () => {
        if (seen !== mine || !mine.counts) return;
        const now = performance.now();
        if (now - due > LONG_MS) mine.busy.push(now - due);
        due = now + TURN_MS;
        setTimeout(turn, TURN_MS);
      };
      setTimeout(turn, TURN_MS);
    }
    let changed = -AT_ONCE_MS;
    const counts = ({ target }) => (target.closest ? target : target.parentElement)?.closest(within);
    mine.observer = new MutationObserver((changes) => {
      if (!changes.some(counts)) return;
      const now = performance.now();
      if (now - changed < AT_ONCE_MS) return;
      changed = now;
      mine.changes += 1;
    });
    const all = { subtree: true, childList: true, characterData: true, attributes: true };
    mine.observer.observe(document.querySelector(observed), all);
  }

  /** Whoever counts frames makes them: changes alone are counted from now on. */
  function changesAlone() {
    seen.counts = false;
  }

  /**
   * Seconds, changes, frames, how long half of them and 99 of 100 took at most, and the longest; how often it was busy, and how long;
   * and how many frames were late, and long.
   */
  function told() {
    const { begun, changes, frames, busy } = seen;
    for (const task of seen.tasks?.takeRecords() ?? []) busy.push(task.duration);
    const inOrder = [...frames].sort((one, other) => one - other);
    const within = (share) => inOrder[Math.floor((inOrder.length - 1) * share)] ?? 0;
    const seconds = (performance.now() - begun) / 1000;
    const over = (ms) => frames.filter((frame) => frame > ms).length;
    const busiest = Math.max(0, ...busy);
    const took = [within(0.5), within(0.99), within(1)];
    return [seconds, changes, frames.length, ...took, busy.length, busiest, over(LATE_MS), over(LONG_MS)];
  }

  /** Scrolls a list on and on, from its end to its beginning again. */
  function scrolls(selector) {
    const list = document.querySelector(selector);
    scrolled = list;
    let at = list.scrollTop;
    const step = () => {
      if (scrolled !== list) return;
      at = at + STEP > list.scrollHeight - list.clientHeight ? 0 : at + STEP;
      list.scrollTop = at;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  function rests() {
    scrolled = null;
  }

  return { begins, changesAlone, told, scrolls, rests };
})();
