// How Davit goes together with this computer. What a person changes holds at once here, and is put back where it is refused.
import type { Ipc, Preferences as Record, Problem } from '../ipc';
import type { Toasts } from './toasts.svelte';

export class Preferences {
  /** None before they were told. */
  now = $state.raw<Record | null>(null);
  /** Whether this computer shows Davit's icon where it is found again. */
  tray = $state(false);

  constructor(
    private readonly ipc: Ipc,
    private readonly toasts: Toasts,
  ) {}

  async load(): Promise<void> {
    try {
      [this.now, this.tray] = await Promise.all([this.ipc.preferences(), this.ipc.hasTray()]);
    } catch (problem) {
      this.toasts.refused(problem as Problem);
    }
  }

  set(change: Partial<Record>): void {
    if (!this.now) return;
    this.now = { ...this.now, ...change };
    this.ipc.setPreferences(this.now).catch((problem: unknown) => {
      this.toasts.refused(problem as Problem);
      void this.load();
    });
  }
}
