// What is said aloud of the list: changes only, joined, and at most every ten seconds.
import type { Totals } from '../ipc';
import { text } from '../text/en';
import { percent } from './format';

const QUIET_MS = 10_000;
const QUARTER = 25;

interface Known {
  done: number;
  needsYou: number;
  quarter: number;
}

export class News {
  line = $state('');
  private said: Known | null = null;
  private now: Known | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;

  hear(totals: Totals): void {
    const whole = percent(totals.sent, totals.size, totals.overview.kind === 'all-done');
    this.now = { done: totals.done, needsYou: totals.needsYou, quarter: Math.floor(whole / QUARTER) * QUARTER };
    // What is there at the start is no news.
    this.said ??= this.now;
    if (this.timer === null) this.speak();
  }

  private speak(): void {
    const { said, now } = this;
    if (!said || !now) return;
    const words = [];
    if (now.done > said.done) words.push(text.news.done(now.done - said.done));
    if (now.needsYou > said.needsYou) words.push(text.overview.needs(now.needsYou - said.needsYou));
    if (now.quarter > said.quarter) words.push(text.news.overall(now.quarter));
    this.said = now;
    if (words.length === 0) return;
    this.line = text.news.line(words);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.speak();
    }, QUIET_MS);
  }
}
