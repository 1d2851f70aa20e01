// At most one toast, ten seconds, longer while somebody looks at it.
import type { Problem } from '../ipc';
import { errors, text } from '../text';

/** What was asked for. */
export type Asked = keyof typeof text.notDone;

/** As long as the engine lets a cancel be taken back. */
const SHOWN_MS = 10_000;

export interface Deed {
  label: string;
  run: () => void;
}

export interface Toast {
  words: string;
  action: Deed | null;
  /** What is final once it is gone and its button was not pressed. */
  gone?: () => void;
}

export class Toasts {
  now = $state.raw<Toast | null>(null);
  /** Somebody looks at it, whichever it is: one that takes its place lies under the same hand. */
  private held = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private turns: ReturnType<typeof setTimeout> | undefined;

  say(words: string, action: Toast['action'] = null, gone?: () => void): void {
    this.end();
    this.now = gone ? { words, action, gone } : { words, action };
    this.hide(SHOWN_MS);
  }

  /**
   * What can be taken back for ten seconds from `since` on. Somebody who keeps the toast longer finds `after` in its
   * place: what is promised is what happens.
   */
  undoable(words: string, undo: Deed, after: Deed, since: number): void {
    this.say(words, undo);
    const left = SHOWN_MS - (performance.now() - since);
    this.hide(left);
    this.turns = setTimeout(() => {
      if (this.now?.action === undo) this.now = { words, action: after };
    }, left);
  }

  /**
   * Nothing fails in silence: a refused command says why where that is known of all commands, else what holds now, and
   * what to do. What is said of a file in its row says nothing of a command.
   */
  refused(problem: Problem, asked: Asked): void {
    this.say(errors[problem.code].toast ?? text.notDone[asked]);
  }

  /** Somebody looks at it. */
  hold(): void {
    this.held = true;
    clearTimeout(this.timer);
  }

  restart(): void {
    this.held = false;
    this.hide(SHOWN_MS);
  }

  act(): void {
    const action = this.now?.action;
    // It goes from under the hand, and nothing says that this left.
    this.held = false;
    this.clear();
    action?.run();
  }

  private hide(after: number): void {
    clearTimeout(this.timer);
    if (!this.held) this.timer = setTimeout(() => this.end(), after);
  }

  private end(): void {
    const gone = this.now?.gone;
    this.clear();
    gone?.();
  }

  private clear(): void {
    this.now = null;
    clearTimeout(this.timer);
    clearTimeout(this.turns);
  }
}
