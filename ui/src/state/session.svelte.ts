// Who is signed in, and what hovers over or waits at the window's door.
import type {
  DestinationId,
  DestinationView,
  InboxView,
  Ipc,
  Notice,
  Problem,
  SessionView,
  ShellEvent,
  Wishes,
} from '../ipc';
import { errors, text, writeFor } from '../text';
import { dayAndClock } from './format';
import type { Toasts } from './toasts.svelte';

const RECENT = 'davit.recent';
const RECENTS = 4;

/** What was used last; a value that is damaged is no reason to show nothing. */
function remembered(): DestinationId[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(RECENT) ?? '[]');
    return Array.isArray(kept) ? kept.filter((id): id is DestinationId => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

/** Whether what is added can go somewhere: now, later by itself, or not as things stand. */
export type Door = 'open' | 'later' | 'shut';

function records(notice: Notice): string {
  return notice.kind === 'restored' ? text.records.restored(dayAndClock(notice.from)) : text.records[notice.kind];
}

export class Session {
  view = $state<SessionView | null>(null);
  /** Whether links can be copied; remembered while signed out. */
  linkable = $state(false);
  version = $state('');
  platform = $state('linux');
  /** What most people wish of a watched folder. */
  usual = $state.raw<Wishes | null>(null);
  problem = $state<Problem | null>(null);
  busy = $state(false);
  /** The person signed out, and the company has not answered since. */
  left = $state(false);
  /** The company is being forgotten. */
  forgetting = $state(false);
  /** How often the records, which could not be opened at first, were. */
  opened = $state(0);
  /** The person wants to sign in again, with the list still there. */
  asking = $state(false);
  /** The person wants to connect to another address; what there is stays until that answers. */
  moving = $state(false);
  /** Files over the window, and where. */
  hover = $state<{ inbox: InboxView; x: number; y: number; dropped: boolean } | null>(null);
  /** What waits for a destination, gesture by gesture; all of it goes together. */
  waiting = $state.raw<InboxView[]>([]);
  recent = $state<DestinationId[]>(remembered());
  /** Sign-ins in the browser so far, begun or left: what comes of an earlier one counts no more. */
  private attempts = 0;
  /** One is under way, from the press on: the browser may not be open yet. */
  private byBrowser = false;
  /** Somebody wants Davit to end, and this many rows would stop. */
  quitting = $state<number | null>(null);

  constructor(
    private readonly ipc: Ipc,
    private readonly toasts: Toasts,
    /** Hears what happens besides. */
    private readonly also: (event: ShellEvent) => void = () => undefined,
  ) {}

  /** Where files may go: the last used first. */
  get places(): DestinationView[] {
    const all = this.view?.kind === 'connected' ? this.view.destinations : [];
    const recent = this.recent.flatMap((id) => all.filter((place) => place.id === id));
    return [...recent, ...all.filter((place) => !recent.includes(place))];
  }

  /** Signed in, and the company has no place for this person. */
  get nowhere(): boolean {
    return this.view?.kind === 'connected' && this.places.length === 0;
  }

  get door(): Door {
    const { view } = this;
    if (this.places.length > 0) return 'open';
    return view?.kind === 'connecting' || (view?.kind === 'stopped' && view.again) ? 'later' : 'shut';
  }

  /** Whether what waits can go somewhere; none where nothing does. */
  get awaits(): Door | null {
    return this.waiting.length > 0 ? this.door : null;
  }

  /** Whether the person is asked where something goes. */
  get asks(): boolean {
    return this.hover !== null || this.awaits === 'open';
  }

  async start(): Promise<void> {
    const hello = await this.ipc.hello();
    this.version = hello.version;
    this.platform = hello.platform;
    this.usual = hello.usual;
    writeFor([hello.formats.numbers], [hello.formats.times]);
    this.see(hello.session);
    await this.ipc.subscribeShell((event) => {
      this.hear(event);
      this.also(event);
    });
  }

  private see(view: SessionView): void {
    this.view = view;
    if (view.kind !== 'connecting') this.left = false;
    if (view.kind === 'connected') this.linkable = view.destinations.some((place) => place.linkable);
  }

  hear(event: ShellEvent): void {
    switch (event.kind) {
      case 'hover':
        this.hover = { inbox: event.inbox, x: event.x, y: event.y, dropped: false };
        break;
      case 'hover-moved':
        if (this.hover) this.hover = { ...this.hover, x: event.x, y: event.y };
        break;
      case 'hover-left':
        this.hover = null;
        break;
      case 'dropped':
        if (this.door === 'open') this.hover = { inbox: event.inbox, x: event.x, y: event.y, dropped: true };
        else if (this.door === 'later') this.keep(event.inbox);
        else {
          if (this.nowhere) this.toasts.say(text.targets.none);
          this.refuse(event.inbox);
        }
        break;
      case 'added':
        this.keep(event.inbox);
        break;
      case 'records':
        this.toasts.say(records(event.notice));
        break;
      case 'opened':
        this.see(event.session);
        this.opened += 1;
        break;
      case 'session':
        this.see(event.session);
        break;
      case 'quitting':
        this.quitting = event.uploading;
        break;
      case 'goes-on':
        this.quitting = null;
        break;
      case 'updates':
      case 'wanted':
        // Heard by who it is for.
        break;
    }
  }

  /** What would stop is asked about first. */
  quit(): void {
    this.ipc.quit().catch((problem: unknown) => this.toasts.refused(problem as Problem, 'quit'));
  }

  answerQuit(quit: boolean): void {
    this.quitting = null;
    this.ipc.answerQuit(quit).catch((problem: unknown) => this.toasts.refused(problem as Problem, 'quit'));
  }

  /** Comes back once the company has answered; a sign-in that begins then goes on by itself. */
  async connect(address: string): Promise<void> {
    const { attempts } = this;
    await this.attempt(() => this.ipc.connect(address));
    if (this.problem) return;
    this.moving = false;
    // Whoever goes on to a company that wants the browser has pressed for it, unless they left meanwhile.
    if (this.view?.kind === 'browser' && attempts === this.attempts) void this.signInByBrowser();
  }

  /** Opens the browser, with the choice of another account where that is wanted. One attempt takes the place of another. */
  async signInByBrowser(another = false): Promise<void> {
    this.attempts += 1;
    const attempt = this.attempts;
    const counts = () => attempt === this.attempts;
    [this.busy, this.byBrowser, this.problem] = [true, true, null];
    try {
      const view = await this.ipc.signInByBrowser(another);
      if (counts()) this.see(view);
    } catch (problem) {
      if (counts()) this.problem = problem as Problem;
    } finally {
      if (counts()) [this.busy, this.byBrowser] = [false, false];
    }
  }

  /** Nobody waits for the browser any more, and none opens any more. */
  leaveSignIn(): void {
    this.attempts += 1;
    if (this.view?.kind !== 'signing-in' && !this.byBrowser) return;
    [this.busy, this.byBrowser] = [false, false];
    this.ipc.leaveSignIn().catch((problem: unknown) => this.toasts.refused(problem as Problem, 'change'));
  }

  async signIn(token: string): Promise<void> {
    await this.attempt(() => this.ipc.signIn(token));
    if (this.unkept !== null) this.toasts.say(this.unkept);
  }

  /** The sign-in is forgotten here, whether the company answers or not. */
  async signOut(): Promise<void> {
    try {
      this.see(await this.ipc.signOut());
      this.left = this.view?.kind === 'connecting';
      if (this.left) this.toasts.say(text.signedOutAway(this.company));
    } catch (problem) {
      this.toasts.refused(problem as Problem, 'signOut');
    }
  }

  /** That the sign-in lasts no longer than Davit runs, where it does not. */
  get unkept(): string | null {
    const code = this.view?.kind === 'connected' ? this.view.unkept : null;
    return code === null ? null : [errors[code].row, errors[code].why].filter(Boolean).join(' ');
  }

  /** What the company is called, as far as anybody knows. */
  get company(): string {
    const { view } = this;
    return (view && 'company' in view ? view.company : null) ?? this.address;
  }

  /** Where it is reached, as far as anybody knows. */
  get address(): string {
    const { view } = this;
    return (view && 'address' in view ? view.address : null) ?? '';
  }

  /** Nothing of the company stays here, and nothing that waits goes to it. */
  async forgetCompany(): Promise<void> {
    const [say, { company }] = [text.startOver, this];
    this.forgetting = true;
    try {
      const left = await this.ipc.forgetCompany();
      if (this.hover) this.forget();
      if (this.waiting.length > 0) this.forget();
      this.linkable = false;
      this.recall([]);
      this.toasts.say(left === 0 ? say.forgotten(company) : say.left({ company, n: left }));
    } catch (problem) {
      this.toasts.refused(problem as Problem, 'forget');
    } finally {
      this.forgetting = false;
    }
  }

  private async attempt(ask: () => Promise<SessionView>): Promise<void> {
    this.busy = true;
    this.problem = null;
    try {
      this.see(await ask());
    } catch (problem) {
      this.problem = problem as Problem;
    } finally {
      this.busy = false;
    }
  }

  /** Asks for files; they wait for a destination unless the person has it in view. Where there is none, that is said instead. */
  async pick(what: 'files' | 'folder' | 'paste', to: DestinationId | null = null): Promise<void> {
    if (this.nowhere) {
      this.toasts.say(text.targets.none);
      return;
    }
    const ask = what === 'files' ? this.ipc.pickFiles : what === 'folder' ? this.ipc.pickFolder : this.ipc.paste;
    try {
      const inbox = await ask();
      if (inbox && to !== null) await this.send([inbox], to);
      else if (inbox) this.keep(inbox);
    } catch (problem) {
      this.toasts.refused(problem as Problem, what === 'paste' ? 'paste' : 'pick');
    }
  }

  async send(inboxes: InboxView[], to: DestinationId): Promise<void> {
    const ids = inboxes.map(({ id }) => id);
    this.waiting = this.waiting.filter(({ id }) => !ids.includes(id));
    if (this.hover && ids.includes(this.hover.inbox.id)) this.hover = null;
    this.prefer(to);
    try {
      const ticket = await this.ipc.enqueue(ids, to);
      if (ticket.why) this.toasts.say(text.refused({ n: ticket.refused, why: errors[ticket.why].row }));
    } catch (caught) {
      const problem = caught as Problem;
      // It is held still, and there may be another place for it.
      if (problem.code !== 'bad-input') this.waiting = [...inboxes, ...this.waiting];
      this.toasts.refused(problem, problem.code === 'bad-input' ? 'addedBefore' : 'add');
    }
  }

  /** Makes it the usual place. */
  prefer(to: DestinationId): void {
    this.recall([to, ...this.recent.filter((id) => id !== to)].slice(0, RECENTS));
  }

  private recall(places: DestinationId[]): void {
    this.recent = places;
    try {
      localStorage.setItem(RECENT, JSON.stringify(this.recent));
    } catch {
      // It is the usual place until the window is closed.
    }
  }

  /** It waits for a choice, with what waits already. */
  keep(inbox: InboxView): void {
    if (this.hover?.inbox.id === inbox.id || this.hover?.dropped) this.hover = null;
    this.waiting = [...this.waiting, inbox];
  }

  private refuse(inbox: InboxView): void {
    this.hover = null;
    void this.ipc.discard([inbox.id]);
  }

  /** What hovers is let go; when nothing does, what waits. */
  forget(): void {
    if (this.hover) this.refuse(this.hover.inbox);
    else {
      void this.ipc.discard(this.waiting.map(({ id }) => id));
      this.waiting = [];
    }
  }
}
