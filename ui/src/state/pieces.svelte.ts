// How many pieces are sent at a time. What a person chooses holds at once here, and is put back when it is refused.
import type { Ipc, Problem } from '../ipc';
import { BOUNDS } from '../ipc/bindings';
import type { Toasts } from './toasts.svelte';

/** What can be chosen: each is twice the one before. */
export const USUAL: readonly number[] = Array.from({ length: Math.log2(BOUNDS.mostPieces) + 1 }, (_, n) => 2 ** n);

export class Pieces {
  /** None for as many as turn out best; unknown before they were told. */
  now = $state<number | null | undefined>(undefined);

  constructor(
    private readonly ipc: Ipc,
    private readonly toasts: Toasts,
    /** Who says a setting may be another by now. */
    private readonly said: () => void = () => undefined,
  ) {}

  async load(): Promise<void> {
    try {
      this.now = await this.ipc.concurrency();
    } catch (problem) {
      this.toasts.refused(problem as Problem, 'read');
    }
  }

  async choose(pieces: number | null): Promise<void> {
    this.now = pieces;
    try {
      await this.ipc.setConcurrency(pieces);
    } catch (problem) {
      this.toasts.refused(problem as Problem, 'setting');
      await this.load();
    } finally {
      this.said();
    }
  }
}
