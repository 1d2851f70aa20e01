// What a person can do to a row. Routine things never ask; what can be undone says so in a toast; what is refused
// says why.
import type { CopyWhat, DoneView, ErrorCode, Ipc, ItemId, Problem, RowState, Target } from '../ipc';
import { mendOf } from '../state/mend';
import type { Session } from '../state/session.svelte';
import type { Toasts } from '../state/toasts.svelte';
import type { Transfers } from '../state/transfers.svelte';
import { text } from '../text/en';

/** A row, a file of a folder, or what the details are about. */
export interface Thing {
  target: Target;
  name: string;
  state: RowState;
}

/** More than this many rows are cleared without a way back: asking for their names would take too long. */
const UNDOABLE = 5_000;

export class Doing {
  constructor(
    private readonly ipc: Ipc,
    private readonly transfers: Transfers,
    private readonly toasts: Toasts,
    private readonly session: Session,
  ) {}

  details(thing: Thing): void {
    this.transfers.focus(thing.target);
  }

  toggle(item: ItemId): void {
    this.transfers.toggle(item);
  }

  pause(thing: Thing): void {
    this.told(this.transfers.act('pause', [thing.target]));
  }

  resume(thing: Thing): void {
    this.told(this.transfers.act('resume', [thing.target]));
  }

  pauseAll(): void {
    this.told(this.ipc.pauseAll());
  }

  resumeAll(): void {
    this.told(this.ipc.resumeAll());
  }

  toggleAll(): void {
    if (this.transfers.totals.overview.kind === 'paused') this.resumeAll();
    else this.pauseAll();
  }

  cancel(thing: Thing): void {
    this.undoable([thing.target], this.transfers.act('cancel', [thing.target]), () => text.cancelled(thing.name));
  }

  remove(thing: Thing): void {
    this.leave([thing.target]);
    this.undoable([thing.target], this.transfers.act('remove', [thing.target]), () => text.removed);
  }

  /** Out of the list: what is at its end is removed, what is not is cancelled. */
  drop(thing: Thing): void {
    if (thing.state.kind === 'done' || thing.state.kind === 'cancelled') this.remove(thing);
    else this.cancel(thing);
  }

  clearDone(): void {
    this.told(this.clear());
  }

  private async clear(): Promise<void> {
    const targets = this.transfers.totals.done <= UNDOABLE ? await this.transfers.every('done') : null;
    const words = (done: DoneView) => text.cleared(done.count);
    if (targets) {
      this.leave(targets);
      this.undoable(targets, this.transfers.act('remove', targets), words);
    } else this.told(this.ipc.clearDone().then((done) => this.toasts.say(words(done))));
  }

  link(thing: Thing): void {
    const said = (ready: boolean) => this.toasts.say(ready ? text.linkReady : text.linkLater);
    this.told(this.ipc.copyLink(thing.target).then(said));
  }

  copy(thing: Thing, what: CopyWhat): void {
    this.told(this.ipc.copyText(thing.target, what).then(() => this.toasts.say(text.copied)));
  }

  show(thing: Thing): void {
    this.told(this.ipc.showInFolder(thing.target));
  }

  /** The one button of a row. */
  main(thing: Thing): void {
    if (thing.state.kind === 'cancelled') this.told(this.transfers.act('retry', [thing.target]));
    else if (thing.state.kind === 'failed') this.mend(thing, thing.state.code);
  }

  private mend(thing: Thing, code: ErrorCode): void {
    const mend = mendOf(code);
    if (mend === 'sign-in') this.session.asking = true;
    else if (mend === 'remove') this.remove(thing);
    else this.told(this.transfers.act(mend, [thing.target]));
  }

  /** The details of what goes from the list go with it. */
  private leave(targets: Target[]): void {
    const { focus } = this.transfers.view;
    if (focus && targets.some(({ kind, id }) => kind === focus.kind && id === focus.id)) this.transfers.focus(null);
  }

  private undoable(targets: Target[], asked: Promise<DoneView>, words: (done: DoneView) => string): void {
    const run = () => this.told(this.transfers.act('undo', targets));
    this.told(
      asked.then((done) => {
        if (done.count > 0) this.toasts.say(words(done), done.undo ? { label: text.undo, run } : null);
      }),
    );
  }

  private told(asked: Promise<unknown>): void {
    asked.catch((problem: unknown) => this.toasts.refused(problem as Problem));
  }
}
