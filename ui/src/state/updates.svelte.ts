// How it stands with updates of Davit itself, and what a person may ask of them.
import type { Ipc, Problem, ShellEvent, UpdatesView } from '../ipc';
import type { Toasts } from './toasts.svelte';

export class Updates {
  /** None before it was told. */
  view = $state.raw<UpdatesView | null>(null);

  constructor(
    private readonly ipc: Ipc,
    private readonly toasts: Toasts,
  ) {}

  /** Whether one can be installed at a word. */
  get offered(): boolean {
    return this.view?.now.kind === 'ready';
  }

  async load(): Promise<void> {
    // What was heard meanwhile is newer than the answer.
    const answer = await this.ipc.updates().catch(() => null);
    this.view ??= answer;
  }

  hear(event: ShellEvent): void {
    if (event.kind === 'updates') this.view = event.updates;
  }

  check(): void {
    this.ask(this.ipc.checkUpdates());
  }

  install(): void {
    this.ask(this.ipc.installUpdate());
  }

  leave(): void {
    this.ask(this.ipc.leaveUpdate());
  }

  private ask(asked: Promise<null>): void {
    asked.catch((problem: unknown) => this.toasts.refused(problem as Problem, 'update'));
  }
}
