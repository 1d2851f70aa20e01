// At most one toast, ten seconds, longer while somebody looks at it.
import type { Problem } from '../ipc';
import { errors } from '../text/en';

const SHOWN_MS = 10_000;

export interface Toast {
  words: string;
  action: { label: string; run: () => void } | null;
}

export class Toasts {
  now = $state.raw<Toast | null>(null);
  private timer: ReturnType<typeof setTimeout> | undefined;

  say(words: string, action: Toast['action'] = null): void {
    this.now = { words, action };
    this.restart();
  }

  /** Nothing fails in silence: a refused command says why. */
  refused(problem: Problem): void {
    this.say(errors[problem.code].row);
  }

  /** Somebody looks at it. */
  hold(): void {
    clearTimeout(this.timer);
  }

  restart(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.now = null), SHOWN_MS);
  }

  act(): void {
    const action = this.now?.action;
    this.now = null;
    clearTimeout(this.timer);
    action?.run();
  }
}
