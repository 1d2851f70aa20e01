// The window on the list: rows of the slice shown, totals, details. A gap in `rev` asks for everything anew.
import type { Action, Delta, Details, Filter, Ipc, ItemId, Row, Snapshot, Target, Totals, Update, View } from '../ipc';

const NONE: Totals = {
  all: 0,
  moving: 0,
  needsYou: 0,
  done: 0,
  sent: 0,
  size: 0,
  speed: 0,
  secondsLeft: null,
  overview: { kind: 'empty' },
};
/** Ten minutes of speed, one a second. */
const SAMPLES = 600;

export class Transfers {
  totals = $state.raw<Totals>(NONE);
  first = $state(0);
  total = $state(0);
  rows = $state.raw<Row[]>([]);
  details = $state.raw<Details | null>(null);
  samples = $state.raw<number[]>([]);
  view = $state.raw<View>({ filter: 'all', first: 0, count: 40, open: [], focus: null, outcomes: false });
  ready = $state(false);
  private rev = 0;
  private sampled = 0;

  constructor(
    private readonly ipc: Ipc,
    private readonly now: () => number = Date.now,
  ) {}

  async start(): Promise<void> {
    await this.ipc.subscribe(this.view, (update) => this.take(update));
  }

  take(update: Update): void {
    if (update.kind === 'snapshot') this.snapshot(update);
    else this.delta(update);
    const second = Math.floor(this.now() / 1000);
    if (second > this.sampled) {
      this.sampled = second;
      this.samples = [...this.samples, this.totals.speed].slice(-SAMPLES);
    }
  }

  private snapshot(snapshot: Snapshot): void {
    this.rev = snapshot.rev;
    this.totals = snapshot.totals;
    this.first = snapshot.slice.first;
    this.total = snapshot.slice.total;
    this.rows = snapshot.slice.rows;
    this.details = snapshot.details;
    this.ready = true;
  }

  private delta(delta: Delta): void {
    if (delta.rev !== this.rev + 1) {
      void this.start();
      return;
    }
    this.rev = delta.rev;
    this.totals = delta.totals;
    if (delta.slice) {
      this.first = delta.slice.first;
      this.total = delta.slice.total;
      this.rows = delta.slice.rows;
    } else if (delta.changed.length > 0) {
      const changed = new Map(delta.changed.map((row) => [row.id, row]));
      this.rows = this.rows.map((row) => changed.get(row.id) ?? row);
    }
    if (delta.details) this.details = delta.details;
  }

  private look(change: Partial<View>): void {
    this.view = { ...this.view, ...change };
    void this.ipc.setView(this.view);
  }

  filter(filter: Filter): void {
    this.look({ filter, first: 0 });
  }

  window(first: number, count: number): void {
    if (first !== this.view.first || count !== this.view.count) this.look({ first, count });
  }

  toggle(item: ItemId): void {
    const open = this.view.open.includes(item) ? this.view.open.filter((id) => id !== item) : [...this.view.open, item];
    this.look({ open });
  }

  focus(target: Target | null): void {
    if (!target) this.details = null;
    this.look({ focus: target });
  }

  async resumeAll(): Promise<void> {
    await this.ipc.resumeAll();
  }

  act(action: Action, targets: Target[]): Promise<{ undo: boolean; count: number }> {
    return this.ipc.act(action, targets);
  }
}
