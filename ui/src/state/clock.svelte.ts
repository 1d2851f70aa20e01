// The time, for what counts down: once a second, and only while something on the screen shows it. And the day, at midnight.
import { createSubscriber } from 'svelte/reactivity';

const SECOND_MS = 1_000;

export class Clock {
  private readonly shown = createSubscriber((update) => {
    const timer = setInterval(update, SECOND_MS);
    return () => clearInterval(timer);
  });

  private readonly dated = createSubscriber((update) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = () => {
      const now = this.now();
      timer = setTimeout(
        () => {
          update();
          wait();
        },
        new Date(now).setHours(24, 0, 0, 0) - now,
      );
    };
    wait();
    return () => clearTimeout(timer);
  });

  constructor(private readonly now: () => number) {}

  /** Some time of today; whoever shows whether something was today is drawn again at midnight. */
  readonly today = (): number => {
    this.dated();
    return this.now();
  };

  /** Now, in milliseconds; whoever shows it is drawn again. */
  readonly read = (): number => {
    this.shown();
    return this.now();
  };
}
