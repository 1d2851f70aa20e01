// The time, for what counts down: once a second, and only while something on the screen shows it.
import { createSubscriber } from 'svelte/reactivity';

const SECOND_MS = 1_000;

export class Clock {
  private readonly shown = createSubscriber((update) => {
    const timer = setInterval(update, SECOND_MS);
    return () => clearInterval(timer);
  });

  constructor(private readonly now: () => number) {}

  /** Now, in milliseconds; whoever shows it is drawn again. */
  readonly read = (): number => {
    this.shown();
    return this.now();
  };
}
