// The way out of this computer. A password goes by here once and is not kept: what comes back is that there is one.
import type { Ipc, Network as Record, Problem, ProxyWish } from '../ipc';
import { text } from '../text';
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

  /** For the proxy that it was entered for: another one may be taken by now, which hears nothing of it. */
  async logIn(proxy: string, user: string, password: string): Promise<boolean> {
    try {
      this.now = await this.ipc.setProxyLogin(proxy, user, password);
      return true;
    } catch (problem) {
      if ((problem as Problem).code === 'bad-input') {
        await this.load();
        this.toasts.say(text.connection.anotherProxy);
      } else this.toasts.refused(problem as Problem, 'setting');
      return false;
    }
  }

  /** Of the proxy that is shown. */
  logOut(): Promise<boolean> {
    return this.told(() => this.ipc.forgetProxyLogin(this.now?.proxy ?? ''));
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
