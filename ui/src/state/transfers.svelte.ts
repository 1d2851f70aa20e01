// The window on the list: rows of the slice shown, totals, details. A gap in `rev` asks for everything anew.
import type {
  Action,
  Delta,
  Details,
  DoneView,
  Filter,
  Focused,
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
import { pausable } from './can';
import { Clock } from './clock.svelte';
import { Scale } from './scale';
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
  limit: { rate: null, paused: false, until: null, why: 'usual' },
  history: 0,
  overview: { kind: 'empty' },
};
/** Ten minutes of speed, one a second. */
const SAMPLES = 600;
/** The engine gives at most this many rows at once. */
const MOST = 500;
/** A name is looked for in this many rows. */
const FOUND = 5_000;
/** Rows that have not come by then will not come. */
const PATIENCE_MS = 2_000;
/** Numbers change at most four times a second; states, rows and what the person asked for at once. */
const CALM_MS = 250;
/** What uploads and sends nothing is looked for this often. */
const STAND_MS = 1_000;

const same = (one: Target, other: Target): boolean => one.kind === other.kind && one.id === other.id;

function without(set: ReadonlySet<ItemId>, ids: ItemId[]): ReadonlySet<ItemId> {
  return ids.some((id) => set.has(id)) ? new Set([...set].filter((id) => !ids.includes(id))) : set;
}

export class Transfers {
  totals = $state.raw<Totals>(NONE);
  first = $state(0);
  total = $state(0);
  rows = $state.raw<Row[]>([]);
  details = $state.raw<Details | null>(null);
  samples = $state.raw<number[]>([]);
  /** What the height of their line stands for. */
  top = $state(new Scale().of(0, 0));
  view = $state.raw<View>({ filter: 'all', find: '', first: 0, count: 40, open: [], focus: null, outcomes: false });
  /** Somebody looks for something in the list. */
  finding = $state(false);
  /** The words by which the rows that are shown were found. */
  found = $state('');
  /** The engine has told its list once. */
  ready = $state(false);
  /** Rows that were asked to pause and do not yet. */
  pausing = $state.raw<ReadonlySet<ItemId>>(new Set());
  /** Rows that upload and have sent nothing for a while. */
  standing = $state.raw<ReadonlySet<ItemId>>(new Set());
  /** What was asked of rows so far. */
  private acts = $state(0);
  /** Another word whenever rows came, went or turned to other states, in view or far outside of it. */
  readonly turns = $derived.by(() => {
    const { all, moving, needsYou, done, overview } = this.totals;
    return [this.total, all, moving, needsYou, done, overview.kind, this.acts].join();
  });
  private rev = 0;
  private turn = 0;
  private sampled = 0;
  private readonly steady: Steady;
  private readonly scale = new Scale();
  private changed = new Map<ItemId, Row>();
  private late: { totals: Totals; details: Details | null } | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private standTimer: ReturnType<typeof setTimeout> | undefined;
  /** The last details told: what is opened again at once is not told again. */
  private known: Details | null = null;
  /** What the rows that are shown were cut from. */
  private passed: Filter = 'all';

  /** For waits that say until when. */
  readonly clock: Clock;

  constructor(
    private readonly ipc: Ipc,
    readonly now: () => number = Date.now,
  ) {
    this.clock = new Clock(now);
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
    this.stand();
    const second = Math.floor(this.now() / 1000);
    if (second > this.sampled) {
      this.sampled = second;
      this.samples = [...this.samples, update.totals.speed].slice(-SAMPLES);
      this.top = this.scale.of(Math.max(...this.samples, update.totals.limit.rate ?? 0), this.now());
    }
  }

  private snapshot(snapshot: Snapshot): void {
    this.rev = snapshot.rev;
    this.forget();
    this.totals = this.steady.of('all', snapshot.totals);
    this.show(snapshot.slice);
    this.details = snapshot.details && this.steady.details(snapshot.details);
    this.ready = true;
  }

  private delta(delta: Delta): void {
    if (delta.rev !== this.rev + 1) {
      void this.start();
      return;
    }
    this.rev = delta.rev;
    for (const row of delta.changed) this.changed.set(row.id, row);
    const details = this.told(delta.details);
    this.late = { totals: delta.totals, details: details ?? this.late?.details ?? null };
    if (this.turned(delta)) this.settle();
    else this.timer ??= setTimeout(() => this.settle(), CALM_MS);
    if (delta.slice) this.show(delta.slice);
  }

  /** The details as they are told now; those of a row that is gone go with it. */
  private told(focused: Focused): Details | null {
    if (focused.kind === 'now') return (this.known = focused);
    if (focused.kind === 'same') return null;
    const { details, view } = this;
    this.details = null;
    this.known = null;
    if (this.late) this.late.details = null;
    // Another row may have been opened meanwhile.
    if (details && view.focus && same(details.target, view.focus)) this.focus(null);
    return null;
  }

  /** Whether more than numbers changed. */
  private turned({ slice, details, totals, changed }: Delta): boolean {
    if (slice ?? (details.kind === 'now' && !this.details)) return true;
    if (totals.overview.kind !== this.totals.overview.kind) return true;
    const { rate, paused } = this.totals.limit;
    if (totals.limit.rate !== rate || totals.limit.paused !== paused) return true;
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
    this.paused();
    if (late.details && this.view.focus) this.details = this.steady.details(late.details);
  }

  /** Also when the engine, for want of data, has nothing to tell. */
  private stand(): void {
    const uploading = this.rows.filter(({ state }) => state.kind === 'uploading');
    const still = uploading.filter(({ id }) => this.steady.stands(id));
    clearTimeout(this.standTimer);
    if (still.length < uploading.length) this.standTimer = setTimeout(() => this.stand(), STAND_MS);
    const same = still.length === this.standing.size && still.every(({ id }) => this.standing.has(id));
    if (!same) this.standing = new Set(still.map(({ id }) => id));
  }

  private forget(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.changed = new Map();
    this.late = null;
  }

  private show(slice: Slice): void {
    this.found = slice.find;
    this.passed = slice.filter;
    this.first = slice.first;
    this.total = slice.total;
    this.rows = slice.rows.map((row) => this.steady.row(row));
    this.steady.only(slice.rows, this.view.focus);
    this.paused();
  }

  /** What pauses now, or came to an end before it could, is not asked to any more. */
  private paused(): void {
    const over = this.rows.filter((row) => this.pausing.has(row.id) && !pausable(row.state));
    this.pausing = without(
      this.pausing,
      over.map((row) => row.id),
    );
  }

  private look(change: Partial<View>): void {
    this.view = { ...this.view, ...change };
    void this.ipc.setView(this.view);
  }

  filter(filter: Filter): void {
    if (filter !== this.view.filter) this.look({ filter, first: 0 });
  }

  /** Only rows that have these words; nothing shows all of them again. */
  find(words: string | null): void {
    this.finding = words !== null;
    const find = words ?? '';
    if (find !== this.view.find) this.look({ find, first: 0 });
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
    else if (known && same(known.target, target)) this.details = known;
    this.look({ focus: target });
  }

  /** Asks the engine; a row that is to pause says so until it does. */
  async act(action: Action, targets: Target[]): Promise<DoneView> {
    const ids = targets.flatMap((target) => (target.kind === 'item' ? [target.id] : []));
    if (action === 'pause') this.pauses(this.rows.filter((row) => ids.includes(row.id)));
    else this.pausing = without(this.pausing, ids);
    try {
      const done = await this.ipc.act(action, targets);
      this.acts += 1;
      if (done.count === 0) this.pausing = without(this.pausing, ids);
      return done;
    } catch (problem) {
      this.pausing = without(this.pausing, ids);
      throw problem;
    }
  }

  /** These are asked to pause. */
  pauses(rows: Row[]): void {
    const asked = rows.filter((row) => pausable(row.state)).map((row) => row.id);
    if (asked.length > 0) this.pausing = new Set([...this.pausing, ...asked]);
  }

  /** Whether the rows that are shown are those that the view asks for. */
  private agrees(): boolean {
    return this.passed === this.view.filter && this.found === this.view.find;
  }

  /** The rows from `first` on, when the slice has them all. */
  here(first: number, count: number): Row[] | null {
    const last = Math.min(first + count, this.total);
    if (first < this.first || last > this.first + this.rows.length) return null;
    return this.rows.slice(first - this.first, last - this.first);
  }

  /**
   * The rows that pass a filter, asked for slice by slice beside the list, which keeps its own: what is cleared or
   * selected at once must be known by name. Nothing when the engine does not answer.
   */
  async between(filter: Filter, first: number, count: number, find = this.view.find): Promise<Row[] | null> {
    const shown = this.view.filter === filter && this.view.find === find;
    const here = shown && this.agrees() ? this.here(first, count) : null;
    if (here) return here;
    const rows: Row[] = [];
    for (;;) {
      const slice = await this.ask(filter, find, first + rows.length, Math.min(MOST, count - rows.length));
      if (!slice) return null;
      rows.push(...slice.rows);
      if (slice.rows.length === 0 || rows.length >= Math.min(count, slice.total - first)) return rows;
    }
  }

  /** Those of some rows that the list still has, as they stand now. Nothing when the engine does not answer. */
  async among(ids: ItemId[]): Promise<Row[] | null> {
    const { filter, find } = this.view;
    const shown = new Map(this.agrees() ? this.rows.map((row) => [row.id, row]) : []);
    const rows = ids.flatMap((id) => shown.get(id) ?? []);
    const others = ids.filter((id) => !shown.has(id));
    for (let first = 0; first < others.length; first += MOST) {
      const slice = await this.ask(filter, find, 0, MOST, others.slice(first, first + MOST));
      if (!slice) return null;
      rows.push(...slice.rows);
    }
    return rows;
  }

  /** The place of the first row that fits, from `from` on and then from the top. */
  async placeOf(fits: (row: Row) => boolean, from: number): Promise<number | null> {
    const spans: [number, number][] = [
      [from, FOUND],
      [0, Math.min(from, FOUND)],
    ];
    for (const [first, count] of spans) {
      const near = this.rows.findIndex((row, at) => this.first + at >= first && fits(row));
      const begins = first >= this.first && first <= this.first + this.rows.length;
      if (begins && near >= 0) return this.first + near;
      if (count === 0) continue;
      const rows = this.here(first, count) ?? (await this.between(this.view.filter, first, count));
      const at = rows?.findIndex(fits) ?? -1;
      if (at >= 0) return first + at;
    }
    return null;
  }

  /** All that a filter lets through, whatever is looked for. */
  async every(filter: Filter): Promise<Target[] | null> {
    const rows = await this.between(filter, 0, Infinity, '');
    return rows && rows.map(({ id }): Target => ({ kind: 'item', id }));
  }

  private async ask(
    filter: Filter,
    find: string,
    first: number,
    count: number,
    among: ItemId[] = [],
  ): Promise<Slice | null> {
    const view = { ...this.view, filter, find, first, count, open: [], focus: null };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<null>((heard) => (timer = setTimeout(() => heard(null), PATIENCE_MS)));
    try {
      return await Promise.race([this.ipc.rows(view, among), late]);
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }
}
