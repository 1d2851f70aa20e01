// Who is signed in, and what hovers over or waits at the window's door.
import type { DestinationId, InboxView, Ipc, Problem, SessionView, ShellEvent } from '../ipc';

const RECENT = 'davit.recent';

export class Session {
  view = $state<SessionView | null>(null);
  version = $state('');
  platform = $state('linux');
  problem = $state<Problem | null>(null);
  busy = $state(false);
  /** The person wants to sign in again, with the list still there. */
  asking = $state(false);
  /** Files over the window, and where. */
  hover = $state<{ inbox: InboxView; x: number; y: number; dropped: boolean } | null>(null);
  /** Files that wait for a destination. */
  waiting = $state<InboxView | null>(null);
  recent = $state<DestinationId[]>(JSON.parse(localStorage.getItem(RECENT) ?? '[]') as DestinationId[]);

  constructor(private readonly ipc: Ipc) {}

  async start(): Promise<void> {
    const hello = await this.ipc.hello();
    this.version = hello.version;
    this.platform = hello.platform;
    this.view = hello.session;
    await this.ipc.subscribeShell((event) => this.hear(event));
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
        this.hover = { inbox: event.inbox, x: event.x, y: event.y, dropped: true };
        break;
      case 'added':
        this.waiting = event.inbox;
        break;
      case 'session':
        this.view = event.session;
        break;
    }
  }

  async connect(address: string): Promise<void> {
    await this.attempt(() => this.ipc.connect(address));
  }

  async signIn(token: string): Promise<void> {
    await this.attempt(() => this.ipc.signIn(token));
  }

  async signOut(): Promise<void> {
    await this.attempt(() => this.ipc.signOut());
  }

  private async attempt(ask: () => Promise<SessionView>): Promise<void> {
    this.busy = true;
    this.problem = null;
    try {
      this.view = await ask();
    } catch (problem) {
      this.problem = problem as Problem;
    } finally {
      this.busy = false;
    }
  }

  async pick(what: 'files' | 'folder' | 'paste'): Promise<void> {
    const ask = what === 'files' ? this.ipc.pickFiles : what === 'folder' ? this.ipc.pickFolder : this.ipc.paste;
    const inbox = await ask();
    if (inbox) this.waiting = inbox;
  }

  async send(inbox: InboxView, to: DestinationId): Promise<void> {
    this.waiting = null;
    this.hover = null;
    this.recent = [to, ...this.recent.filter((id) => id !== to)].slice(0, 4);
    localStorage.setItem(RECENT, JSON.stringify(this.recent));
    await this.ipc.enqueue(inbox.id, to);
  }

  forget(): void {
    const inbox = this.waiting ?? this.hover?.inbox;
    if (inbox) void this.ipc.discard(inbox.id);
    this.waiting = null;
    this.hover = null;
  }
}
