// The height of the speed's line: fixed steps, so that it does not breathe.
const STEPS = [10e6, 20e6, 50e6, 100e6, 200e6, 500e6, 1e9, 2e9, 5e9];
/** A lower step must have been enough for this long. */
const SHRINK_MS = 60_000;

export class Scale {
  private step = STEPS[0] ?? 1;
  private tooHigh: number | null = null;

  /** The step for what is shown now: higher at once, lower after a minute. */
  of(most: number, now: number): number {
    const needed = STEPS.find((step) => step >= most) ?? most;
    if (needed >= this.step) this.tooHigh = null;
    else this.tooHigh ??= now;
    if (needed > this.step || (this.tooHigh !== null && now - this.tooHigh >= SHRINK_MS)) {
      this.step = needed;
      this.tooHigh = null;
    }
    return this.step;
  }
}
