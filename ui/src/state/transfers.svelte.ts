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
import { Steady } from './steady';

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
/** Numbers change at most four times a second; states, rows and what the person asked for at once. */
const CALM_MS = 250;

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
  private turn = 0;
  private sampled = 0;
  private readonly steady: Steady;
  private changed = new Map<ItemId, Row>();
  private late: Pick<Delta, 'totals' | 'details'> | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** The last details told: what is opened again at once is not told again. */
  private known: Details | null = null;
  private aside: { view: View; heard: (slice: Slice) => void } | null = null;

  constructor(
    private readonly ipc: Ipc,
    readonly now: () => number = Date.now,
  ) {
    this.steady = new Steady(now);
  }

  async start(): Promise<void> {
    this.turn += 1;
    const { turn } = this;
    // A stream that was replaced may still have something to say; it counts from elsewhere.
    await this.ipc.subscribe(this.view, (update) => turn === this.turn && this.take(update));
  }

  take(update: Update): void {
    if (update.kind === 'snapshot') this.snapshot(update);
    else this.delta(update);
    const second = Math.floor(this.now() / 1000);
    if (second > this.sampled) {
      this.sampled = second;
      this.samples = [...this.samples, update.totals.speed].slice(-SAMPLES);
    }
  }

  private snapshot(snapshot: Snapshot): void {
    this.rev = snapshot.rev;
    this.forget();
    this.totals = this.steady.of('all', snapshot.totals);
    this.show(snapshot.slice);
    this.details = snapshot.details && this.steady.of(`details ${snapshot.details.target.id}`, snapshot.details);
    this.ready = true;
  }

  private delta(delta: Delta): void {
    if (delta.rev !== this.rev + 1) {
      void this.start();
      return;
    }
    this.rev = delta.rev;
    for (const row of delta.changed) this.changed.set(row.id, row);
    this.late = { totals: delta.totals, details: delta.details ?? this.late?.details ?? null };
    this.known = delta.details ?? this.known;
    if (this.turned(delta)) this.settle();
    else this.timer ??= setTimeout(() => this.settle(), CALM_MS);
    if (delta.slice) this.hear(delta.slice);
  }

  /** Whether more than numbers changed. */
  private turned({ slice, details, totals, changed }: Delta): boolean {
    if (slice ?? (details && !this.details)) return true;
    if (totals.overview.kind !== this.totals.overview.kind) return true;
    return changed.some((row) => {
      const shown = this.rows.find(({ id }) => id === row.id);
      return shown?.state.kind !== row.state.kind || !shown.folder?.peek !== !row.folder?.peek;
    });
  }

  /** Shows what came since the last time. */
  private settle(): void {
    const { changed, late } = this;
    this.forget();
    if (!late) return;
    this.totals = this.steady.of('all', late.totals);
    if (changed.size > 0)
      this.rows = this.rows.map((row) => {
        const now = changed.get(row.id);
        return now ? this.steady.row(now) : row;
      });
    if (late.details && this.view.focus)
      this.details = this.steady.of(`details ${late.details.target.id}`, late.details);
  }

  private forget(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.changed = new Map();
    this.late = null;
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
    this.rows = slice.rows.map((row) => this.steady.row(row));
    this.steady.only(slice.rows);
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
    const { known } = this;
    if (!target) this.details = null;
    else if (known?.target.kind === target.kind && known.target.id === target.id) this.details = known;
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
    const named = (rows: Row[]) => rows.map(({ id }): Target => ({ kind: 'item', id }));
    // The engine tells a slice that moved; one that shows all of the filter already would not.
    if (this.view.filter === filter && this.rows.length === this.total) return named(this.rows);
    const targets: Target[] = [];
    for (;;) {
      const slice = await this.ask({ ...this.view, filter, first: targets.length, count: MOST });
      if (slice) targets.push(...named(slice.rows));
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
    try {
      await this.ipc.setView(view);
      return await answer;
    } finally {
      this.aside = null;
    }
  }
}
