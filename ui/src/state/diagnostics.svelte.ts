// Whether everything is right that an upload needs, and reports for a company's IT.
import type { CheckLine, DestinationId, Ipc, Problem, UnixTime } from '../ipc';
import { text } from '../text';
import type { Toasts } from './toasts.svelte';

export class Diagnostics {
  /** What was found so far, or by the last check. */
  lines = $state.raw<CheckLine[]>([]);
  /** When the last check ended. */
  at = $state<UnixTime | null>(null);
  checking = $state(false);
  /** Until when the log has more in it. */
  detailed = $state<UnixTime | null>(null);
  private turn = 0;

  constructor(
    private readonly ipc: Ipc,
    private readonly toasts: Toasts,
  ) {}

  async load(): Promise<void> {
    try {
      const [last, detailed] = await Promise.all([this.ipc.checked(), this.ipc.detailedLog()]);
      this.detailed = detailed;
      if (this.checking) return;
      this.lines = last?.lines ?? [];
      this.at = last?.at ?? null;
    } catch (problem) {
      this.toasts.refused(problem as Problem, 'read');
    }
  }

  /** Checks everything, with a test file to this place; each line shows as it is found. */
  async check(to: DestinationId | null): Promise<void> {
    const mine = (this.turn += 1);
    this.checking = true;
    this.lines = [];
    try {
      const all = await this.ipc.checkConnection(to, (line) => {
        if (mine === this.turn) this.lines = [...this.lines, line];
      });
      if (mine === this.turn && all) [this.lines, this.at] = [all.lines, all.at];
    } catch (problem) {
      this.toasts.refused(problem as Problem, 'check');
    } finally {
      if (mine === this.turn) this.checking = false;
    }
  }

  stop(): void {
    void this.ipc.stopCheck();
  }

  async saveReport(): Promise<void> {
    try {
      if ((await this.ipc.saveReport()) === 'saved') this.toasts.say(text.diagnostics.saved);
    } catch (problem) {
      this.toasts.refused(problem as Problem, 'save');
    }
  }

  async logMore(on: boolean): Promise<void> {
    try {
      this.detailed = await this.ipc.setDetailedLog(on);
    } catch (problem) {
      this.toasts.refused(problem as Problem, 'setting');
    }
  }

  clockSettings(): void {
    this.ipc.openClockSettings().catch(() => this.toasts.say(text.diagnostics.clockByHand));
  }

  /** What people who debug need of a line. */
  copy(line: CheckLine): void {
    this.ipc.copyWords(line.detail).then(
      () => this.toasts.say(text.copied),
      (problem: unknown) => this.toasts.refused(problem as Problem, 'copy'),
    );
  }
}
