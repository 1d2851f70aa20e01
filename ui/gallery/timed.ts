// The window's own timers, as a picture needs them: what comes soon has come, and what goes by itself, as toasts do, stays.

/** What waits longer than this is there to vanish or to be said later. */
const LONG_MS = 5_000;

/** What comes within this time is waited for; what begins anew each time, as clocks do, is not. */
const SOON_MS = 500;

const SECOND_MS = 1_000;

/** The timers that are about to run. */
export const pending = new Set<number>();

/** What beats at least once a second, as clocks do. */
const beating = new Map<number, () => void>();

/** It is later now: clocks say so at once, and not within their next second. */
export const beat = (): void => [...beating.values()].forEach((run) => run());

/** The browser's own. */
export const soon = window.setTimeout.bind(window);

/** From now on timers are known; without `late` those that wait long never run. */
export function timed(late: boolean): void {
  const stop = window.clearTimeout.bind(window);
  let ringing = false;
  const start = (run: () => void, after = 0): number => {
    if (after >= LONG_MS && !late) return 0;
    const timer = soon(() => {
      pending.delete(timer);
      ringing = true;
      try {
        run();
      } finally {
        ringing = false;
      }
    }, after);
    if (after <= SOON_MS && !ringing) pending.add(timer);
    return timer;
  };
  const end = (timer: number): void => {
    pending.delete(timer);
    stop(timer);
  };
  const [repeat, cease] = [window.setInterval.bind(window), window.clearInterval.bind(window)];
  const startBeats = (run: () => void, every?: number): number => {
    const beats = repeat(run, every);
    if ((every ?? 0) <= SECOND_MS) beating.set(beats, run);
    return beats;
  };
  const endBeats = (beats: number): void => {
    beating.delete(beats);
    cease(beats);
  };
  Object.assign(window, {
    setTimeout: start,
    clearTimeout: end,
    setInterval: startBeats,
    clearInterval: endBeats,
  });
}
