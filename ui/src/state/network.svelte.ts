// The way out of this computer. A password goes by here once and is not kept: what comes back is that there is one.
import type { Ipc, Network as Record, Problem, ProxyWish } from '../ipc';
import type { Toasts } from './toasts.svelte';

export class Network {
  /** None before it was told. */
  now = $state.raw<Record | null>(null);

  constructor(
    private readonly ipc: Ipc,
    private readonly toasts: Toasts,
    /** Who says a setting may be another by now. */
    private readonly said: () => void = () => undefined,
  ) {}

  async load(): Promise<void> {
    await this.told(() => this.ipc.network());
  }

  /** Answers whether it is taken. */
  choose(proxy: ProxyWish): Promise<boolean> {
    return this.told(() => this.ipc.setProxy(proxy)).finally(this.said);
  }

  logIn(user: string, password: string): Promise<boolean> {
    return this.told(() => this.ipc.setProxyLogin(user, password));
  }

  logOut(): Promise<boolean> {
    return this.told(() => this.ipc.forgetProxyLogin());
  }

  private async told(ask: () => Promise<Record>): Promise<boolean> {
    try {
      this.now = await ask();
      return true;
    } catch (problem) {
      // What was typed is told where it stands.
      if ((problem as Problem).code !== 'bad-input') this.toasts.refused(problem as Problem, 'setting');
      return false;
    }
  }
}
