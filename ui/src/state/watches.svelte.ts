// Watched folders as the core tells them, and what a person does to them.
import type {
  DestinationId,
  ErrorCode,
  Existing,
  InboxView,
  Ipc,
  Problem,
  Root,
  WatchId,
  WatchView,
  Wishes,
} from '../ipc';
import { text } from '../text';
import type { Toasts } from './toasts.svelte';

/** What is wished in a sheet, kept or not. */
export interface Draft {
  wishes: Wishes;
  /** Where to; none is where it goes already, or the first place there is. */
  to: DestinationId | null;
  existing: Existing;
}

/** What a sheet is open for. */
export interface Sheet extends Draft {
  root: Root;
  /** As it was when the sheet was opened: what still is is not sent, and stays as it is by then. What differs is not kept yet. */
  before: Draft;
  /** Its name, and where it lies as far as the page may know. */
  name: string;
  folder: string;
  /** Of one that is watched already. */
  watch: WatchView | null;
  /** Whether the files that match are listed from the start. */
  look: boolean;
}

/** As most people want it, beside the wishes. */
const FRESH = { to: null, existing: 'all' } as const;

export class Watches {
  private known = $state.raw<WatchView[] | null>(null);
  /** Of these it was said that they stop, and it can be taken back. */
  private leaving = $state.raw<WatchId[]>([]);
  /** None before they were told. */
  readonly all = $derived(this.known?.filter(({ id }) => !this.leaving.includes(id)) ?? null);
  sheet = $state.raw<Sheet | null>(null);
  /** What most people wish; the core tells. */
  usual = $state.raw<Wishes | null>(null);

  /** What is on its way to be kept, by its sheet. */
  private readonly saving = new WeakMap<Sheet, Draft>();
  /** Whose sheet was closed on that way. */
  private closed: Sheet | null = null;

  constructor(
    private readonly ipc: Ipc,
    private readonly toasts: Toasts,
    /** Goes to where sheets are shown. */
    private readonly shows: () => void = () => undefined,
  ) {}

  async start(usual: Wishes | null): Promise<void> {
    this.usual = usual;
    await this.ipc.subscribeWatches((all) => (this.known = all));
  }

  /** A folder is chosen; then what is wanted of it is asked. */
  async add(): Promise<void> {
    const given = await this.told(this.ipc.pickWatchRoot());
    if (!given || !this.usual) return;
    const draft = { ...FRESH, wishes: this.usual };
    this.begin(given, null, draft, draft);
  }

  /** Another folder for the sheet that is open. */
  async another(draft: Draft): Promise<void> {
    const { sheet } = this;
    const given = await this.told(this.ipc.pickWatchRoot());
    if (given && sheet && this.sheet === sheet) this.begin(given, sheet.watch, sheet.before, draft);
  }

  private begin(given: InboxView, watch: WatchView | null, before: Draft, draft: Draft): void {
    const name = given.names[0] ?? '';
    const root: Root = { kind: 'given', id: given.id };
    this.sheet = { root, before, name, folder: name, watch, look: false, ...draft };
  }

  edit(watch: WatchView, look = false): void {
    const { name, folder, wishes } = watch;
    const root: Root = { kind: 'watched', id: watch.id };
    const before = { ...FRESH, wishes };
    this.sheet = { ...before, root, before, name, folder, watch, look };
  }

  /** Its page goes and nobody closed it: it is as it was written once it is there again. */
  keep(sheet: Sheet, { wishes, to, existing }: Draft): void {
    if (this.sheet === sheet) Object.assign(sheet, { wishes, to, existing });
  }

  /** Answers whether it is kept. */
  async save(draft: Draft): Promise<boolean> {
    const { sheet } = this;
    if (!sheet) return false;
    const { root, watch } = sheet;
    const kept: Promise<WatchId | null> = watch ? this.change(sheet, watch, draft) : this.begins(root, draft);
    const unfit = root.kind === 'given' ? text.watched.unfit : text.watched.cannot;
    this.saving.set(sheet, draft);
    const done = (await this.told(kept, unfit)) !== undefined;
    this.saving.delete(sheet);
    // It may have been closed meanwhile, and another one opened.
    if (done && this.sheet === sheet) this.sheet = null;
    else if (!done && this.closed === sheet && !this.sheet) this.reopen(sheet, draft);
    if (this.closed === sheet) this.closed = null;
    return done;
  }

  private async begins(root: Root, { wishes, to, existing }: Draft): Promise<WatchId | null> {
    return root.kind === 'given' ? this.ipc.addWatch(root.id, to ?? '', wishes, existing) : null;
  }

  /** What it is first, then where it lies: a folder that is refused keeps nobody from the rest. */
  private async change(sheet: Sheet, { id, to: place }: WatchView, draft: Draft): Promise<null> {
    const { root, before } = sheet;
    const { wishes, to, existing } = draft;
    const kept = { wishes, to, existing };
    await this.ipc.changeWatch(id, before.wishes, wishes, to === place ? null : to);
    // Kept, whatever becomes of the place: what is changed back after that is another wish.
    Object.assign(sheet, { ...kept, before: kept });
    return root.kind === 'given' ? this.ipc.relocateWatch(id, root.id) : null;
  }

  /** What was typed is kept until the toast is gone. */
  discard(draft: Draft, words: string, undo: string): void {
    const { sheet } = this;
    this.sheet = null;
    if (!sheet) return;
    const saving = this.saving.get(sheet);
    // It is kept in a moment, and there again where it is refused.
    if (saving && same(saving, { ...draft, to: draft.to ?? saving.to })) this.closed = sheet;
    else if (!same(sheet.before, draft)) this.toasts.say(words, { label: undo, run: () => this.reopen(sheet, draft) });
  }

  private reopen(sheet: Sheet, draft: Draft): void {
    this.shows();
    this.sheet = { ...sheet, ...draft };
  }

  /** A folder lies elsewhere by now. */
  async relocate(watch: WatchId): Promise<void> {
    const given = await this.told(this.ipc.pickWatchRoot());
    if (given) await this.told(this.ipc.relocateWatch(watch, given.id), text.watched.unfit);
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

  /** Whether all of them rest. */
  get rest(): boolean {
    return this.all?.every(({ doing }) => doing.kind === 'paused') ?? false;
  }

  /** All of them rest, or go on where all do. */
  toggleAll(): void {
    void this.told(this.rest ? this.ipc.resumeWatches() : this.ipc.pauseWatches());
  }

  check(watch: WatchId): void {
    void this.told(this.ipc.checkWatch(watch));
  }

  /** It rests at once, and is watched no more when nobody took that back: with it go its rules and what it found before. */
  async stop({ id, name, doing }: WatchView): Promise<void> {
    const rests = doing.kind === 'paused';
    if (!rests && (await this.told(this.ipc.pauseWatch(id))) === undefined) return;
    this.leaving = [...this.leaving, id];
    if (this.sheet?.watch?.id === id) this.sheet = null;
    const stays = () => (this.leaving = this.leaving.filter((one) => one !== id));
    const undo = () => {
      stays();
      if (!rests) this.resume(id);
    };
    // Where it cannot be stopped it is seen again, as it is.
    const gone = () => void this.told(this.ipc.stopWatch(id)).then(stays);
    this.toasts.say(text.watched.stopped(name), { label: text.undo, run: undo }, gone);
  }

  /** Nothing fails in silence; `unfit` is said of what cannot be. Nothing where it failed. */
  private async told<T>(asked: Promise<T>, unfit?: string): Promise<T | undefined> {
    try {
      return await asked;
    } catch (problem) {
      const { code } = problem as Problem;
      const known: Partial<Record<ErrorCode, string>> = text.watched.wrong;
      const wrong = known[code];
      if (unfit !== undefined && code === 'bad-input') this.toasts.say(unfit);
      else if (wrong !== undefined) this.toasts.say(text.diagnostics.both({ what: wrong, next: text.tryAgain }));
      else this.toasts.refused(problem as Problem, 'folder');
      return undefined;
    }
  }
}

export function same(one: Draft, other: Draft): boolean {
  const draft = ({ wishes, to, existing }: Draft) => JSON.stringify([wishes, to, existing]);
  return draft(one) === draft(other);
}
