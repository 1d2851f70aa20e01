// What a person can do to a row. Routine things never ask; what can be undone says so in a toast; what is refused
// says why.
import type {
  CopyWhat,
  DestinationView,
  Details,
  DoneView,
  ErrorCode,
  Holds,
  Ipc,
  ItemId,
  Problem,
  SavedView,
  Target,
} from '../ipc';
import { ended, pausable } from '../state/can';
import { place } from '../state/format';
import { type Move, stays } from '../state/line';
import { type Mend, mendOfState } from '../state/mend';
import type { Thing } from '../state/selection.svelte';
import type { Session } from '../state/session.svelte';
import type { Asked, Toasts } from '../state/toasts.svelte';
import type { Transfers } from '../state/transfers.svelte';
import { text } from '../text';
import { fact } from './look';

/** More than this many rows are cleared, and put back, by the engine alone: asking for their names would take too long. */
const NAMED = 5_000;
/** What still runs cannot be put back before it rests; it is asked again this often, after this long. */
const TRIES = 8;
const PAUSE_MS = 250;

/** To be sent to an administrator: what is wrong, and where, as far as that is known. */
function message(code: ErrorCode, name: string, destination: string, company: string): string {
  const { could } = text.message;
  const to = place(destination);
  const first = to
    ? company
      ? could.both({ name, place: to, company })
      : could.place({ name, place: to })
    : company
      ? could.company({ name, company })
      : could.neither(name);
  return [first, fact(code, destination), text.message.code(code)].join('\n');
}

const targetsOf = (things: Thing[]): Target[] => things.map(({ target }) => target);

/** Where some problems are mended. */
export interface Leads {
  /** To where a proxy's password is entered. */
  password: () => void;
  updates: () => void;
}

export class Doing {
  constructor(
    private readonly ipc: Ipc,
    private readonly transfers: Transfers,
    private readonly toasts: Toasts,
    private readonly session: Session,
    private readonly leads: Leads = { password: () => undefined, updates: () => undefined },
  ) {}

  details(thing: Thing): void {
    this.transfers.focus(thing.target);
  }

  toggle(item: ItemId): void {
    this.transfers.toggle(item);
  }

  pause(...things: Thing[]): void {
    this.told(this.transfers.act('pause', targetsOf(things)));
  }

  resume(...things: Thing[]): void {
    this.told(this.transfers.act('resume', targetsOf(things)));
  }

  /** Why none of these can be uploaded earlier or later, where that is known. */
  stays(things: Thing[], move: Move): string | null {
    const { rows, first, total, view } = this.transfers;
    const why = stays(things, move, { rows, first, total, whole: view.filter === 'all' && view.find === '' });
    return why && text.line[why];
  }

  /** One place earlier or later in line, or to its front or end; what stays says why. */
  move(move: Move, ...things: Thing[]): void {
    const why = this.stays(things, move);
    const said = (done: DoneView) => done.count === 0 && this.toasts.say(text.line.still);
    if (why) this.toasts.say(text.line.why(why));
    else this.told(this.transfers.act(move, targetsOf(things)).then(said));
  }

  /** Space: what can pause does; when nothing can, what is paused goes on. */
  toggleRest(things: Thing[]): void {
    if (things.some(({ state }) => pausable(state))) this.pause(...things);
    else this.resume(...things);
  }

  pauseAll(): void {
    this.transfers.pauses(this.transfers.rows);
    this.told(this.ipc.pauseAll().catch((problem: unknown) => this.still(problem)));
  }

  resumeAll(): void {
    this.transfers.pausing = new Set();
    this.told(this.ipc.resumeAll());
  }

  toggleAll(): void {
    if (this.transfers.totals.overview.kind === 'paused') this.resumeAll();
    else this.pauseAll();
  }

  /** Out of the list: what is at its end is removed, what is not is cancelled; one Undo for all. */
  drop(...things: Thing[]): void {
    const gone = targetsOf(things.filter(({ state }) => ended(state)));
    const stopped = things.filter(({ state }) => !ended(state));
    if (stopped.length === 0) this.remove(gone);
    else this.cancel(stopped, gone);
  }

  private cancel(things: Thing[], gone: Target[]): void {
    const stopped = targetsOf(things);
    // What came to its end before the cancel did is not among them.
    let [cancelled, removed] = [0, 0];
    const asked = async (): Promise<DoneView> => {
      const done = await this.transfers.act('cancel', stopped);
      cancelled = done.count;
      removed = gone.length > 0 ? (await this.transfers.act('remove', gone)).count : 0;
      return { undo: (cancelled > 0 && done.undo) || removed > 0, count: cancelled + removed };
    };
    this.leave(gone);
    const one = gone.length === 0 && things.length === 1 ? things[0] : null;
    const words = () => {
      if (one) return text.cancelled(one.name);
      return cancelled > 0 ? text.cancelledMany({ n: cancelled, removed }) : text.removedMany(removed);
    };
    this.undoable([...stopped, ...gone], asked(), words, stopped);
  }

  private remove(targets: Target[]): void {
    this.leave(targets);
    const words = () => (targets.length === 1 ? text.removed : text.removedMany(targets.length));
    this.undoable(targets, this.transfers.act('remove', targets), words);
  }

  clearDone(): void {
    this.told(this.clear());
  }

  private async clear(): Promise<void> {
    const targets = this.transfers.totals.done <= NAMED ? await this.transfers.every('done') : null;
    const words = (done: DoneView) => text.cleared(done.count);
    if (targets) {
      this.leave(targets);
      this.undoable(targets, this.transfers.act('remove', targets), words);
    } else {
      const back = async (): Promise<void> => {
        if ((await this.ipc.undoClear()).count === 0) this.toasts.say(text.notBack);
      };
      const undo = { label: text.undo, run: () => this.told(back()) };
      this.told(this.ipc.clearDone().then((done) => this.toasts.say(words(done), undo)));
    }
  }

  /** More are in the list than can be selected. */
  selectedMost(count: number): void {
    this.toasts.say(text.selectedMost(count));
  }

  /** The same, where it began somewhere in it. */
  selectedNearest(count: number): void {
    this.toasts.say(text.selectedNearest(count));
  }

  /** What was selected is not in the list any more. */
  selectedGone(): void {
    this.toasts.say(text.selectedGone);
  }

  link(thing: Thing): void {
    const said = (holds: Holds) => this.toasts.say(text.linked[holds]);
    this.told(this.ipc.copyLink(thing.target).then(said), 'copy');
  }

  copy(thing: Thing, what: CopyWhat): void {
    this.told(
      this.ipc.copyText(thing.target, what).then(() => this.toasts.say(text.copied)),
      'copy',
    );
  }

  show(thing: Thing): void {
    this.told(this.ipc.showInFolder(thing.target), 'show');
  }

  /** What became of everything that was added with it. */
  receipt(thing: Thing): void {
    const said = (saved: SavedView) => {
      if (saved === 'saved') this.toasts.say(text.receiptSaved);
      if (saved === 'moving') this.toasts.say(text.receiptLater);
    };
    this.told(this.ipc.saveReceipt(thing.target).then(said), 'save');
  }

  /** Puts words of the window into the clipboard. */
  words(words: string): void {
    this.told(
      this.ipc.copyWords(words).then(() => this.toasts.say(text.copied)),
      'copy',
    );
  }

  destination(details: Details): void {
    this.words(place(details.destination));
  }

  /** For the administrator: what is wrong, and where. */
  async message(thing: Thing, destination: string): Promise<void> {
    const code = thing.state.kind === 'failed' ? thing.state.code : 'unexpected';
    await this.ipc.copyWords(message(code, thing.name, destination, this.session.company));
    this.toasts.say(text.messageCopied);
  }

  /** Everything that needs somebody. */
  retryAll(): void {
    this.told(this.ipc.retryAll());
  }

  retry(...things: Thing[]): void {
    this.told(this.transfers.act('retry', targetsOf(things)));
  }

  /** The one button of each row; alike ones together. */
  main(...things: Thing[]): void {
    const alike = new Map<Mend, Thing[]>();
    for (const thing of things) {
      const mend = mendOfState(thing.state, thing.ofFolder ?? false);
      if (mend) alike.set(mend, [...(alike.get(mend) ?? []), thing]);
    }
    for (const [mend, those] of alike) this.mend(mend, those);
  }

  private mend(mend: Mend, things: Thing[]): void {
    const [first] = things;
    const targets = targetsOf(things);
    switch (mend) {
      case 'sign-in':
        this.session.asking = true;
        return;
      case 'remove':
        this.remove(targets);
        return;
      case 'copy-details':
        if (first) this.copy(first, 'reference');
        return;
      case 'copy-message':
        if (first) this.told(this.message(first, ''), 'copy');
        return;
      case 'find':
        this.told(this.find(targets), 'pick');
        return;
      case 'proposed-name': {
        const said = (done: DoneView) => done.count === 0 && this.toasts.say(text.noProposal);
        this.told(this.transfers.act(mend, targets).then(said));
        return;
      }
      case 'clock':
        this.ipc.openClockSettings().catch(() => this.toasts.say(text.diagnostics.clockByHand));
        return;
      case 'sign-in-page':
        this.ipc.openSignInPage().catch(() => this.toasts.say(text.pageByHand));
        return;
      case 'password':
        this.leads.password();
        return;
      case 'update':
        this.leads.updates();
        return;
      // Where to is chosen in its menu.
      case 'send-elsewhere':
        return;
      case 'retry':
      case 'keep-both':
        this.told(this.transfers.act(mend, targets));
    }
  }

  /** One after the other is shown; whoever chooses no file is not asked for the next. */
  private async find(targets: Target[]): Promise<void> {
    for (const target of targets) {
      const found = await this.ipc.findFile(target);
      if (found === 'left') return;
      this.toasts.say(text.refound[found]);
    }
  }

  /** Where what has no destination any more can go. */
  get places(): DestinationView[] {
    if (this.session.places.length === 0) this.toasts.say(text.noPlaces);
    return this.session.places;
  }

  sendTo(to: DestinationView, ...things: Thing[]): void {
    const gone = things.filter((thing) => mendOfState(thing.state, false) === 'send-elsewhere');
    const said = ({ count }: DoneView) => this.toasts.say(count > 0 ? text.sentTo(place(to.label)) : text.notSentTo);
    this.told(this.ipc.sendTo(targetsOf(gone), to.id).then(said));
  }

  /** The details of what goes from the list go with it. */
  private leave(targets: Target[]): void {
    const { focus } = this.transfers.view;
    if (focus && targets.some(({ kind, id }) => kind === focus.kind && id === focus.id)) this.transfers.focus(null);
  }

  /** Says what was done and offers to take it back; what was cancelled only for as long as the engine can. */
  private undoable(
    targets: Target[],
    asked: Promise<DoneView>,
    words: (done: DoneView) => string,
    cancelled: Target[] = [],
  ): void {
    const since = performance.now();
    const say = (done: DoneView): void => {
      if (done.count === 0) return;
      const undo = { label: text.undo, run: () => this.told(this.putBack(targets, cancelled, done.count)) };
      const again = { label: text.act.again, run: () => this.told(this.putBack(cancelled, cancelled, 1)) };
      if (!done.undo) this.toasts.say(words(done));
      else if (cancelled.length === 0) this.toasts.say(words(done), undo);
      else this.toasts.undoable(words(done), undo, again, since);
    };
    this.told(asked.then(say));
  }

  /** What runs still, because its cancel has not come to it yet, is put back as soon as it rests. */
  private async putBack(targets: Target[], cancelled: Target[], wanted: number): Promise<void> {
    let back = (await this.transfers.act('undo', targets)).count;
    for (let turn = 1; turn < TRIES && back < wanted && cancelled.length > 0; turn += 1) {
      await new Promise((done) => setTimeout(done, PAUSE_MS));
      // What was removed is on the list again by now: once more would start it.
      back += (await this.transfers.act('undo', cancelled)).count;
    }
    if (back === 0) this.toasts.say(text.notBack);
  }

  /** What was asked to pause does not. */
  private still(problem: unknown): never {
    this.transfers.pausing = new Set();
    throw problem;
  }

  private told(done: Promise<unknown>, asked: Asked = 'change'): void {
    done.catch((problem: unknown) => this.toasts.refused(problem as Problem, asked));
  }
}
