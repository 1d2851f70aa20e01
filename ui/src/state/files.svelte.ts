// All files of a folder: the slice that is shown, asked for again as long as somebody looks. Its row may be far outside of the
// list's own slice, which tells nothing of it then.
import type { FileSlice, Ipc, ItemId, Problem } from '../ipc';

/** What is looked at is asked for this often. */
const AGAIN_MS = 1_000;

export class Files {
  slice = $state.raw<FileSlice | null>(null);
  /** Why there is none, or none of what is looked for now. */
  problem = $state.raw<Problem | null>(null);
  private wanted: { search: string; first: number; count: number } | null = null;
  /** Of which question the slice is. */
  private told: Files['wanted'] = null;
  private turn = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly ipc: Ipc,
    private readonly item: ItemId,
  ) {}

  /** From now on it is looked at, until what this answers is called. */
  start(): () => void {
    this.timer = setInterval(() => this.again(), AGAIN_MS);
    return () => clearInterval(this.timer);
  }

  window(search: string, first: number, count: number): void {
    this.wanted = { search, first, count };
    this.again();
  }

  /** Asks once more. Only the answer to what was asked last counts. */
  again(): void {
    const { wanted } = this;
    if (!wanted) return;
    const mine = (this.turn += 1);
    this.ipc.folderFiles(this.item, wanted.search, wanted.first, wanted.count).then(
      (slice) => {
        if (mine !== this.turn) return;
        [this.slice, this.problem, this.told] = [slice, null, wanted];
      },
      (problem: unknown) => {
        if (mine !== this.turn) return;
        this.problem = problem as Problem;
        // What is there stays, as long as it is what is asked for.
        if (this.told !== wanted) this.slice = null;
      },
    );
  }
}
