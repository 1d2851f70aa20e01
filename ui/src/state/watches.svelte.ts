// Watched folders as the core tells them, and what a person does to them.
import type { Existing, InboxView, Ipc, Problem, Root, WatchId, WatchView, Wishes } from '../ipc';
import type { Toasts } from './toasts.svelte';

/** What a sheet is open for. */
export interface Sheet {
  root: Root;
  /** Its name, and where it lies as far as the page may know. */
  name: string;
  folder: string;
  /** Of one that is watched already. */
  watch: WatchView | null;
  wishes: Wishes;
}

/** As most people want it. */
export const USUAL: Wishes = { lines: [], settle: 10, after: 'keep', collision: 'suffix' };

export class Watches {
  /** None before they were told. */
  all = $state.raw<WatchView[] | null>(null);
  sheet = $state.raw<Sheet | null>(null);

  constructor(
    private readonly ipc: Ipc,
    private readonly toasts: Toasts,
  ) {}

  async start(): Promise<void> {
    await this.ipc.subscribeWatches((all) => (this.all = all));
  }

  /** A folder is chosen; then what is wanted of it is asked. */
  async add(): Promise<void> {
    const given = await this.told(this.ipc.pickWatchRoot());
    if (given) this.begin(given);
  }

  /** Another folder for the sheet that is open. */
  async another(): Promise<void> {
    const { sheet } = this;
    const given = await this.told(this.ipc.pickWatchRoot());
    if (given && sheet && this.sheet) this.begin(given, this.sheet.wishes);
  }

  private begin(given: InboxView, wishes: Wishes = USUAL): void {
    const name = given.names[0] ?? '';
    this.sheet = { root: { kind: 'given', id: given.id }, name, folder: name, watch: null, wishes };
  }

  edit(watch: WatchView): void {
    const { name, folder, wishes } = watch;
    this.sheet = { root: { kind: 'watched', id: watch.id }, name, folder, watch, wishes };
  }

  /** Answers whether it is kept. */
  async save(wishes: Wishes, destination: string, existing: Existing): Promise<boolean> {
    const { sheet } = this;
    if (!sheet) return false;
    const { root } = sheet;
    const kept =
      root.kind === 'given'
        ? this.ipc.addWatch(root.id, destination, wishes, existing)
        : this.ipc.changeWatch(root.id, wishes);
    if ((await this.told(kept)) === undefined) return false;
    this.sheet = null;
    return true;
  }

  /** What was typed is kept until the toast is gone. */
  discard(wishes: Wishes, words: string, undo: string): void {
    const { sheet } = this;
    this.sheet = null;
    if (!sheet || same(sheet.wishes, wishes)) return;
    this.toasts.say(words, { label: undo, run: () => (this.sheet = { ...sheet, wishes }) });
  }

  answer(watch: WatchId, existing: Existing): void {
    void this.told(this.ipc.answerWatch(watch, existing));
  }

  pause(watch: WatchId): void {
    void this.told(this.ipc.pauseWatch(watch));
  }

  resume(watch: WatchId): void {
    void this.told(this.ipc.resumeWatch(watch));
  }

  check(watch: WatchId): void {
    void this.told(this.ipc.checkWatch(watch));
  }

  async stop(watch: WatchId): Promise<void> {
    await this.told(this.ipc.stopWatch(watch));
    this.sheet = null;
  }

  /** Nothing fails in silence. Nothing where it failed. */
  private async told<T>(asked: Promise<T>): Promise<T | undefined> {
    try {
      return await asked;
    } catch (problem) {
      this.toasts.refused(problem as Problem);
      return undefined;
    }
  }
}

export function same(one: Wishes, other: Wishes): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
