// At most one toast, ten seconds, longer while somebody looks at it.
const SHOWN_MS = 10_000;

export interface Toast {
  words: string;
  action: { label: string; run: () => void } | null;
}

export class Toasts {
  now = $state<Toast | null>(null);
  private timer: ReturnType<typeof setTimeout> | undefined;

  say(words: string, action: Toast['action'] = null): void {
    this.now = { words, action };
    this.restart();
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
