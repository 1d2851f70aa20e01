// How Davit goes together with this computer. What a person changes holds at once here, and is put back where it is refused.
import type { Ipc, Preferences as Record, Problem, SettingName, Sourced } from '../ipc';
import type { Toasts } from './toasts.svelte';

export class Preferences {
  /** None before they were told. */
  now = $state.raw<Record | null>(null);
  /** Whether this computer shows Davit's icon where it is found again. */
  tray = $state(false);
  /** Who says what each setting is. */
  private sources = $state.raw<Sourced[]>([]);

  constructor(
    private readonly ipc: Ipc,
    private readonly toasts: Toasts,
  ) {}

  async load(): Promise<void> {
    try {
      const [now, tray, sources] = await Promise.all([
        this.ipc.preferences(),
        this.ipc.hasTray(),
        this.ipc.settingSources(),
      ]);
      [this.now, this.tray, this.sources] = [now, tray, sources];
    } catch (problem) {
      this.toasts.refused(problem as Problem, 'read');
    }
  }

  source(name: SettingName): Sourced {
    return this.sources.find((one) => one.name === name) ?? { name, source: 'default', locked: false };
  }

  /** Something was set, here or in another of the window's stores. */
  async look(): Promise<void> {
    try {
      this.sources = await this.ipc.settingSources();
    } catch (problem) {
      this.toasts.refused(problem as Problem, 'read');
    }
  }

  set(change: Partial<Record>): void {
    if (!this.now) return;
    this.now = { ...this.now, ...change };
    this.ipc.setPreferences(this.now).then(
      () => this.look(),
      (problem: unknown) => {
        this.toasts.refused(problem as Problem, 'setting');
        void this.load();
      },
    );
  }
}
