// What wishes would take of a folder as it is. The folder is looked at, and its files are gone through, only where what was changed
// decides on that; whether the rest can be wished is asked for by itself.
import type { ErrorCode, Ipc, Preview, Problem, Root, Wishes } from '../ipc';
import { type Refused, refused, sentence } from './wishes';

/** A person writes on within this time. */
const BREATH_MS = 150;

export class Looked {
  preview = $state.raw<Preview | null>(null);
  private problem = $state.raw<{ of: Wishes; refused: Refused } | null>(null);
  /** Why the folder could not be looked at. */
  private away = $state.raw<ErrorCode | null>(null);
  /** What the preview, or why there is none, was asked for by. */
  private seen: string | null = null;
  private turn = 0;

  constructor(private readonly ipc: Ipc) {}

  /** Asks at once what is asked first, and the rest once nobody wrote on for a moment. Answers how to leave it. */
  soon(root: Root, of: Wishes, patterns: 'lines' | 'leftovers'): () => void {
    const ask = () => void this.ask(root, of, patterns);
    if (this.turn === 0) {
      ask();
      return () => undefined;
    }
    const timer = setTimeout(ask, BREATH_MS);
    return () => {
      clearTimeout(timer);
    };
  }

  /** The last question counts. A pattern that is refused is one of `patterns`. */
  async ask(root: Root, of: Wishes, patterns: 'lines' | 'leftovers'): Promise<void> {
    const turn = (this.turn += 1);
    const by = decisive(root, of);
    const looks = by !== this.seen;
    try {
      const told = looks ? await this.ipc.previewWatch(root, of) : await this.ipc.checkWishes(of);
      if (turn !== this.turn) return;
      this.problem = null;
      if (told) [this.preview, this.away, this.seen] = [told, null, by];
    } catch (problem) {
      if (turn !== this.turn) return;
      const { code } = problem as Problem;
      const why = refused(of, code, patterns);
      this.problem = why && { of, refused: why };
      // The folder answers no sooner for other wishes; of wishes that cannot be nothing was looked at.
      if (looks) [this.preview, this.away, this.seen] = [null, why ? null : code, why ? null : by];
    }
  }

  /** What the core refused, as long as it stands there. */
  refused(now: Wishes): Refused | null {
    const { problem } = this;
    const at = problem?.refused.at;
    return problem && at && problem.of[at] === now[at] ? problem.refused : null;
  }

  /** Why the folder cannot be looked at. It may be watched all the same. */
  get why(): string | null {
    return this.away && sentence(this.away);
  }
}

/** What decides on which files of which folder are taken. */
function decisive(root: Root, { lines, leftovers, bounds, allowEmpty, links, placeholders }: Wishes): string {
  return JSON.stringify([root, lines, leftovers, bounds, allowEmpty, links, placeholders]);
}
