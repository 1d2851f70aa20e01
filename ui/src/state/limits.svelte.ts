// The limits on record. What a person changes holds at once here, and is put back when it is refused.
import type { ByteRate, Ipc, Limits as Record, LimitTime, Problem } from '../ipc';
import { BOUNDS } from '../ipc/bindings';
import type { Toasts } from './toasts.svelte';
import { SETS } from './week';

/** As many as the records take. */
export const TIMES_AT_MOST: number = BOUNDS.mostTimes;
/** What a limit begins with. */
export const FIRST_RATE: ByteRate = 50e6;
const FIRST_TIME: LimitTime = {
  days: [...SETS.workdays],
  from: 8 * 60,
  to: 18 * 60,
  rule: { kind: 'limit', rate: FIRST_RATE },
};

export class Limits {
  /** None before they were told. */
  now = $state.raw<Record | null>(null);
  /** What the usual limit was before there was none. */
  private before: ByteRate = FIRST_RATE;

  constructor(
    private readonly ipc: Ipc,
    private readonly toasts: Toasts,
    /** Who says a setting may be another by now. */
    private readonly said: () => void = () => undefined,
  ) {}

  async load(): Promise<void> {
    try {
      this.now = await this.ipc.limits();
    } catch (problem) {
      this.toasts.refused(problem as Problem, 'read');
    }
  }

  /** The usual limit as it was last, or none. */
  limited(some: boolean): void {
    if (!this.now || some === (this.now.usual !== null)) return;
    this.before = this.now.usual ?? this.before;
    this.change({ usual: some ? this.before : null });
  }

  usual(rate: ByteRate): void {
    this.change({ usual: rate });
  }

  scheduled(scheduled: boolean): void {
    this.change({ scheduled });
  }

  time(nth: number, change: Partial<LimitTime>): void {
    this.times((times) => times.map((time, at) => (at === nth ? { ...time, ...change } : time)));
  }

  add(): void {
    this.times((times) => (times.length < TIMES_AT_MOST ? [...times, FIRST_TIME] : times));
  }

  remove(nth: number): void {
    this.times((times) => times.filter((_, at) => at !== nth));
  }

  insert(nth: number, time: LimitTime): void {
    this.times((times) => [...times.slice(0, nth), time, ...times.slice(nth)]);
  }

  private times(changed: (times: LimitTime[]) => LimitTime[]): void {
    if (this.now) this.change({ times: changed(this.now.times) });
  }

  private change(change: Partial<Record>): void {
    if (!this.now) return;
    this.now = { ...this.now, ...change };
    this.ipc
      .setLimits(this.now)
      .catch((problem: unknown) => {
        this.toasts.refused(problem as Problem, 'setting');
        return this.load();
      })
      .finally(this.said);
  }

  /** Past the schedule until it changes next; without one it is the usual limit from now on. */
  choose(rate: ByteRate | null): void {
    this.told(this.ipc.chooseLimit(rate));
  }

  follow(): void {
    this.told(this.ipc.followSchedule());
  }

  private told(asked: Promise<unknown>): void {
    asked
      .then(() => this.now && this.load())
      .catch((problem: unknown) => this.toasts.refused(problem as Problem, 'setting'))
      .finally(this.said);
  }
}
