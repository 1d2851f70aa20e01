// Whether Davit starts when the person signs in to this computer.
import type { Ipc } from '../ipc';
import { text } from '../text';
import type { Toasts } from './toasts.svelte';

export class Login {
  /** None before it was told. */
  on = $state<boolean | null>(null);

  constructor(
    private readonly ipc: Ipc,
    private readonly toasts: Toasts,
    /** Who says a setting may be another by now. */
    private readonly said: () => void = () => undefined,
  ) {}

  async load(): Promise<void> {
    // Where the system does not say, it does not; why comes up when it is wanted.
    this.on = await this.ipc.startsAtLogin().catch(() => false);
  }

  /** Holds at once here, and is put back where the system refuses it. */
  async set(on: boolean): Promise<void> {
    this.on = on;
    try {
      await this.ipc.startAtLogin(on);
    } catch {
      this.on = !on;
      this.toasts.say(text.settings.loginRefused);
    } finally {
      this.said();
    }
  }
}
