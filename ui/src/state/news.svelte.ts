// What is said aloud of the list: changes only, joined, and at most every ten seconds.
import type { ItemId, Row, Totals } from '../ipc';
import { errors, list, text } from '../text';
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

  /** Rows that were known to need the person. */
  private named: ReadonlySet<ItemId> | null = null;
  private rows: Row[] = [];

  hear(totals: Totals, rows: Row[] = []): void {
    this.rows = rows;
    this.named ??= failing(rows);
    const whole = percent(totals.sent, totals.size, totals.overview.kind === 'all-done');
    this.now = { done: totals.done, needsYou: totals.needsYou, quarter: Math.floor(whole / QUARTER) * QUARTER };
    // What is there at the start is no news.
    this.said ??= this.now;
    if (this.timer === null) this.speak();
  }

  /** One problem alone is said by its name. */
  private one(line: string, more: number): string {
    const fresh = this.rows.filter(({ id, state }) => state.kind === 'failed' && !this.named?.has(id));
    const [row] = fresh;
    if (more !== 1 || fresh.length !== 1 || row?.state.kind !== 'failed') return line;
    return text.news.one({ line, name: row.name, why: errors[row.state.code].row });
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
    this.line = this.one(text.news.line(list(words, 'unit')), now.needsYou - said.needsYou);
    this.named = failing(this.rows);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.speak();
    }, QUIET_MS);
  }
}

const failing = (rows: Row[]): ReadonlySet<ItemId> =>
  new Set(rows.filter(({ state }) => state.kind === 'failed').map(({ id }) => id));
