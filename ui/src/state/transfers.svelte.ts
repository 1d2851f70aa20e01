// The window on the list: rows of the slice shown, totals, details. A gap in `rev` asks for everything anew.
import type {
  Action,
  Delta,
  Details,
  DoneView,
  Filter,
  Ipc,
  ItemId,
  Row,
  Slice,
  Snapshot,
  Target,
  Totals,
  Update,
  View,
} from '../ipc';

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
/** The engine gives at most this many rows at once. */
const MOST = 500;
/** A list that has not come by then will not come. */
const PATIENCE_MS = 2_000;

export class Transfers {
  totals = $state.raw<Totals>(NONE);
  first = $state(0);
  total = $state(0);
  rows = $state.raw<Row[]>([]);
  details = $state.raw<Details | null>(null);
  samples = $state.raw<number[]>([]);
  view = $state.raw<View>({ filter: 'all', first: 0, count: 40, open: [], focus: null, outcomes: false });
  /** The engine has told its list once. */
  ready = $state(false);
  private rev = 0;
  private sampled = 0;
  private aside: { view: View; heard: (slice: Slice) => void } | null = null;

  constructor(
    private readonly ipc: Ipc,
    readonly now: () => number = Date.now,
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
    this.show(snapshot.slice);
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
    if (delta.slice) this.hear(delta.slice);
    else if (delta.changed.length > 0) {
      const changed = new Map(delta.changed.map((row) => [row.id, row]));
      this.rows = this.rows.map((row) => changed.get(row.id) ?? row);
    }
    if (delta.details && this.view.focus) this.details = delta.details;
  }

  private hear(slice: Slice): void {
    const { aside } = this;
    if (!aside) this.show(slice);
    else if (slice.filter === aside.view.filter && slice.first === aside.view.first) {
      const whole = Math.min(MOST, slice.total - slice.first);
      if (slice.rows.length >= whole) aside.heard(slice);
    }
  }

  private show(slice: Slice): void {
    this.first = slice.first;
    this.total = slice.total;
    this.rows = slice.rows;
  }

  private look(change: Partial<View>): void {
    this.view = { ...this.view, ...change };
    void this.ipc.setView(this.view);
  }

  filter(filter: Filter): void {
    if (filter !== this.view.filter) this.look({ filter, first: 0 });
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

  act(action: Action, targets: Target[]): Promise<DoneView> {
    return this.ipc.act(action, targets);
  }

  /**
   * The rows that pass a filter, asked for slice by slice while the list keeps showing its own: what is cleared at
   * once must be known by name to be put back. Nothing when the engine does not answer.
   */
  async every(filter: Filter): Promise<Target[] | null> {
    const targets: Target[] = [];
    for (;;) {
      const slice = await this.ask({ ...this.view, filter, first: targets.length, count: MOST });
      if (slice) targets.push(...slice.rows.map(({ id }): Target => ({ kind: 'item', id })));
      if (slice && slice.rows.length > 0 && targets.length < slice.total) continue;
      this.look({});
      return slice ? targets : null;
    }
  }

  private async ask(view: View): Promise<Slice | null> {
    const answer = new Promise<Slice | null>((heard) => {
      this.aside = { view, heard };
      setTimeout(() => heard(null), PATIENCE_MS);
    });
    await this.ipc.setView(view);
    const slice = await answer;
    this.aside = null;
    return slice;
  }
}
