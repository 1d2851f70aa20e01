// All files of a folder: the slice that is shown, asked for again as long as somebody looks. Its row may be far outside of the
// list's own slice, which tells nothing of it then.
import type { FileSlice, Ipc, ItemId, Problem } from '../ipc';

/** What is looked at is asked for again so long after an answer. */
const AGAIN_MS = 1_000;
/** And where an answer took long, after as many times that: whoever answers uploads beside it. */
const AT_REST = 4;

export class Files {
  slice = $state.raw<FileSlice | null>(null);
  /** Why there is none, or none of what is looked for now. */
  problem = $state.raw<Problem | null>(null);
  private wanted: { search: string; first: number; count: number } | null = null;
  /** Of which question the slice is. */
  private told: Files['wanted'] = null;
  /** There is never a second question before the answer. */
  private asking = false;
  private looked = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly ipc: Ipc,
    private readonly item: ItemId,
  ) {}

  /** From now on it is looked at, until what this answers is called. */
  start(): () => void {
    this.looked = true;
    return () => {
      [this.looked, this.wanted] = [false, null];
      clearTimeout(this.timer);
    };
  }

  window(search: string, first: number, count: number): void {
    this.wanted = { search, first, count };
    this.again();
  }

  /** Asks once more, or as soon as what is asked now is answered. Only the answer to what is wanted then counts. */
  again(): void {
    const { wanted } = this;
    if (!wanted || this.asking) return;
    clearTimeout(this.timer);
    this.asking = true;
    const since = performance.now();
    const answered = (heard: () => void) => {
      this.asking = false;
      if (wanted === this.wanted) {
        heard();
        const rest = Math.max(AGAIN_MS, AT_REST * (performance.now() - since));
        if (this.looked) this.timer = setTimeout(() => this.again(), rest);
      } else this.again();
    };
    this.ipc.folderFiles(this.item, wanted.search, wanted.first, wanted.count).then(
      (slice) =>
        answered(() => {
          [this.slice, this.problem, this.told] = [slice, null, wanted];
        }),
      (problem: unknown) =>
        answered(() => {
          this.problem = problem as Problem;
          // What is there stays, as long as it is what is asked for.
          if (this.told !== wanted) this.slice = null;
        }),
    );
  }
}
