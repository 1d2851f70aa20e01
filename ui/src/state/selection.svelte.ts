// Several rows at once, by Shift, Ctrl and all. They are known by id, name and state, for most of them may be far
// outside the slice that is shown.
import { untrack } from 'svelte';
import type { FileRow, ItemId, Row, RowState, Target } from '../ipc';
import type { Transfers } from './transfers.svelte';

/** A row, a file of a folder, or what the details are about. */
export interface Thing {
  target: Target;
  name: string;
  state: RowState;
  /** A folder, or a file of one. */
  ofFolder?: boolean;
}

export const thingOf = (row: Row): Thing => ({
  target: { kind: 'item', id: row.id },
  name: row.name,
  state: row.state,
  ofFolder: row.folder !== null,
});

/** A file of a folder. */
export const thingOfFile = (file: FileRow): Thing => ({
  target: { kind: 'transfer', id: file.id },
  name: file.path,
  state: file.state,
  ofFolder: true,
});

/** More rows are not selected at once: to ask for their names would take too long. */
export const MOST = 5_000;

/** Five thousand rows are not looked at more often. */
const FOLLOW_MS = 1_000;

export class Selection {
  private rows = $state.raw<ReadonlyMap<ItemId, Thing>>(new Map());
  /** Where Shift begins. */
  private anchor: number | null = null;
  /** What was asked for last; an answer to anything before comes too late. */
  private turn = 0;
  private turns = '';
  private resting = false;
  private owes = false;

  constructor(private readonly transfers: Transfers) {}

  get size(): number {
    return this.rows.size;
  }

  has(id: ItemId): boolean {
    return this.rows.has(id);
  }

  /** In the order they were selected, with what is known of them now. */
  get things(): Thing[] {
    const now = new Map(this.transfers.rows.map((row) => [row.id, row]));
    return [...this.rows].map(([id, thing]) => ({ ...thing, state: now.get(id)?.state ?? thing.state }));
  }

  /** The same as the engine says it, wherever they are; what is not in the list any more is not selected either. */
  async current(): Promise<Thing[]> {
    const { turn, rows, things } = this;
    const now = await this.transfers.among([...rows.keys()]);
    if (!now) return things;
    const rowOf = new Map(now.map((row) => [row.id, row]));
    const left = [...rows.keys()].flatMap((id) => rowOf.get(id) ?? []);
    if (turn === this.turn && left.length === 0) this.clear();
    else if (turn === this.turn) this.rows = new Map(left.map((row) => [row.id, thingOf(row)]));
    return left.map(thingOf);
  }

  /** Rows came, went, or turned to other states: at most once a second, what is selected follows. */
  follow(turns: string): void {
    if (turns === this.turns) return;
    this.turns = turns;
    untrack(() => this.look());
  }

  private look(): void {
    if (this.size === 0) return;
    if (this.resting) {
      this.owes = true;
      return;
    }
    this.resting = true;
    setTimeout(() => {
      this.resting = false;
      if (this.owes) this.look();
      this.owes = false;
    }, FOLLOW_MS);
    void this.current();
  }

  clear(): void {
    this.turn += 1;
    this.anchor = null;
    if (this.rows.size > 0) this.rows = new Map();
  }

  /** Takes one more, or gives it back. The row that had the focus before is meant as well. */
  toggle(row: Row, index: number, before: { row: Row; index: number } | null): void {
    this.turn += 1;
    const rows = new Map(this.rows);
    if (rows.size === 0 && before && before.row.id !== row.id) rows.set(before.row.id, thingOf(before.row));
    if (!rows.delete(row.id)) rows.set(row.id, thingOf(row));
    this.rows = rows;
    this.anchor = index;
  }

  /** From where Shift began, or `from`, to `to`, as far as can be; answers whether that was all. */
  async extend(from: number, to: number): Promise<boolean> {
    this.anchor ??= from;
    const count = Math.abs(this.anchor - to) + 1;
    const most = Math.min(MOST, count);
    await this.take(to < this.anchor ? this.anchor - most + 1 : this.anchor, most);
    return count <= MOST;
  }

  /** Everything that the filter lets through; answers whether that was all. */
  async all(): Promise<boolean> {
    this.anchor = 0;
    await this.take(0, MOST);
    return this.transfers.total <= MOST;
  }

  private async take(first: number, count: number): Promise<void> {
    const turn = (this.turn += 1);
    const here = this.transfers.here(first, count);
    const rows = here ?? (await this.transfers.between(this.transfers.view.filter, first, count));
    if (turn === this.turn && rows) this.rows = new Map(rows.map((row) => [row.id, thingOf(row)]));
  }
}
