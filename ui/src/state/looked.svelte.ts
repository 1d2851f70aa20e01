// What wishes would take of a folder as it is, asked anew with each of them.
import type { ErrorCode, Ipc, Preview, Problem, Root, Wishes } from '../ipc';
import { type Refused, refused, sentence } from './wishes';

export class Looked {
  preview = $state.raw<Preview | null>(null);
  private problem = $state.raw<{ code: ErrorCode; of: Wishes; refused: Refused | null } | null>(null);
  private turn = 0;

  constructor(private readonly ipc: Ipc) {}

  /** The last question counts. A pattern that is refused is one of `patterns`. */
  async ask(root: Root, of: Wishes, patterns: 'lines' | 'leftovers'): Promise<void> {
    const turn = (this.turn += 1);
    try {
      const told = await this.ipc.previewWatch(root, of);
      if (turn === this.turn) [this.preview, this.problem] = [told, null];
    } catch (problem) {
      const { code } = problem as Problem;
      if (turn === this.turn) [this.preview, this.problem] = [null, { code, of, refused: refused(of, code, patterns) }];
    }
  }

  /** What the core refused, as long as it stands there. */
  refused(now: Wishes): Refused | null {
    const { problem } = this;
    const at = problem?.refused?.at;
    return problem && at && problem.of[at] === now[at] ? problem.refused : null;
  }

  /** Why the folder cannot be looked at. It may be watched all the same. */
  get why(): string | null {
    return this.problem && !this.problem.refused ? sentence(this.problem.code) : null;
  }
}
