// What ended: a search, what it found, and the slice of that which is shown. It is asked again when history is another one.
import type { Details, EntryView, HistoryView, Ipc, Problem, Query, SavedView, Target } from '../ipc';
import { text } from '../text';
import { daysOf, heightOf, type Laid, lay, slice } from './days';
import type { Asked, Toasts } from './toasts.svelte';

/** Everything. */
export const ALL: Query = { text: '', when: { kind: 'any' }, result: null, destination: null };
/** Entries are asked for before anybody knows how high the list is. */
const FIRST = 40;

/** What was found last, and the entries of a slice of it. */
interface Shown {
  found: HistoryView;
  /** What was asked for it. */
  query: Query;
  days: Laid[];
  first: number;
  rows: (EntryView | null)[];
}

/** An entry in its place. */
export interface Placed {
  entry: EntryView;
  index: number;
}

export const targetOf = ({ item }: EntryView): Target => ({ kind: 'item', id: item });

export class History {
  query = $state.raw<Query>(ALL);
  shown = $state.raw<Shown | null>(null);
  /** Why the last question has no answer. */
  problem = $state.raw<Problem | null>(null);
  /** The entry that is looked into, and all there is to say about it. */
  about = $state.raw<{ entry: EntryView; details: Details } | null>(null);
  /** Which is to be looked into. */
  private into: EntryView | null = null;
  /** Whether anybody looks. */
  private open = false;
  /** Of which history the last question was. */
  private revision: number | null = null;
  private asking = false;
  private asked = false;
  private wanted: [number, number] = [0, FIRST];

  constructor(
    private readonly ipc: Ipc,
    private readonly toasts: Toasts,
  ) {}

  /** Whether anything but its words narrows down what is shown. */
  get narrowed(): boolean {
    const { when, result, destination } = this.query;
    return when.kind !== 'any' || result !== null || destination !== null;
  }

  get height(): number {
    return heightOf(this.shown?.days ?? []);
  }

  /** Days of which something is in the slice. */
  get days(): Laid[] {
    const { shown } = this;
    return shown ? daysOf(shown.days, shown.first, Math.max(1, shown.rows.length)) : [];
  }

  /** The entries of the slice, in their places. */
  get entries(): Placed[] {
    const { shown } = this;
    if (!shown) return [];
    return shown.rows.flatMap((entry, at) => (entry ? [{ entry, index: shown.first + at }] : []));
  }

  /** Somebody looks. */
  start(): void {
    this.open = true;
    this.ask();
  }

  stop(): void {
    this.open = false;
    void this.look(null);
  }

  /** History is this one now. */
  told(revision: number): void {
    const before = this.revision;
    this.revision = revision;
    if (before === null || before === revision || !this.open) return;
    this.ask();
    // It may have moved, or ended anew.
    if (this.into) void this.look(this.into);
  }

  search(change: Partial<Query>): void {
    this.query = { ...this.query, ...change };
    this.wanted = [0, FIRST];
    this.ask();
  }

  /** What is seen of what was found. */
  window(scroll: number, height: number): void {
    const { shown } = this;
    if (!shown) return;
    const [first, count] = slice(shown.days, scroll, height);
    const last = Math.min(first + count, shown.found.matched);
    if (first >= shown.first && last <= shown.first + shown.rows.length) return;
    this.wanted = [first, count];
    void this.fetch(shown);
  }

  /** One question at a time; whatever is wanted by the time of its answer is the next. */
  private ask(): void {
    this.asked = true;
    if (!this.asking) void this.answer();
  }

  private async answer(): Promise<void> {
    this.asking = true;
    this.problem = null;
    while (this.asked) {
      this.asked = false;
      const { query } = this;
      try {
        const found = await this.ipc.searchHistory(query);
        // What is looked at stays until there is something in its place.
        if (query === this.query) await this.show(found, query);
        this.problem = null;
      } catch (problem) {
        // Whatever was asked for meanwhile is the next all the same.
        this.problem = problem as Problem;
        // Where nothing stands yet, that place says it.
        if (this.shown) this.toasts.refused(this.problem, 'read');
      }
    }
    this.asking = false;
  }

  private async show(found: HistoryView, query: Query): Promise<void> {
    const { wanted } = this;
    const rows = await this.ipc.historyRows(found.search, ...wanted);
    const shown = { found, query, days: lay(found.days), first: wanted[0], rows };
    this.shown = shown;
    if (this.wanted !== wanted) void this.fetch(shown);
  }

  /** Another slice of the same. */
  private async fetch(shown: Shown): Promise<void> {
    const { wanted } = this;
    try {
      const rows = await this.ipc.historyRows(shown.found.search, ...wanted);
      // Of what is not the last search any more there is none: the next answer is on its way.
      const counts = this.shown?.found === shown.found && this.wanted === wanted && rows.length > 0;
      if (counts) this.shown = { ...shown, first: wanted[0], rows };
    } catch (problem) {
      this.toasts.refused(problem as Problem, 'read');
    }
  }

  /** Opens the details of an entry, or closes them. */
  async look(entry: EntryView | null): Promise<void> {
    this.into = entry;
    if (!entry) this.about = null;
    else
      try {
        const details = await this.ipc.historyDetails(entry.item);
        if (this.into === entry) this.about = details && { entry, details };
      } catch (problem) {
        this.toasts.refused(problem as Problem, 'read');
      }
  }

  /** What became of everything that was added with it. */
  receipt(entry: EntryView): void {
    const said = (saved: SavedView) => {
      if (saved === 'saved') this.toasts.say(text.receiptSaved);
      if (saved === 'moving') this.toasts.say(text.receiptLater);
    };
    this.does(this.ipc.saveReceipt(targetOf(entry)).then(said), 'save');
  }

  link(entry: EntryView): void {
    if (!entry.link) this.toasts.say(text.history.noLink);
    else
      this.does(
        this.ipc.copyLink(targetOf(entry)).then((holds) => this.toasts.say(text.linked[holds])),
        'copy',
      );
  }

  reveal(entry: EntryView): void {
    this.does(this.ipc.showInFolder(targetOf(entry)), 'show');
  }

  again(entry: EntryView): void {
    const said = () => this.toasts.say(text.history.again(entry.name));
    this.does(this.ipc.uploadAgain(entry.item).then(said), 'again', text.history.unfit);
  }

  /** All that matches, not only what is seen. */
  save(): void {
    const saved = this.ipc.saveHistory(this.query);
    this.does(
      saved.then((came) => came === 'saved' && this.toasts.say(text.history.saved)),
      'save',
    );
  }

  /** Nothing fails in silence; `unfit` is said of what cannot be. */
  private does(done: Promise<unknown>, asked: Asked, unfit?: string): void {
    done.catch((problem: unknown) => {
      if (unfit !== undefined && (problem as Problem).code === 'bad-input') this.toasts.say(unfit);
      else this.toasts.refused(problem as Problem, asked);
    });
  }
}
