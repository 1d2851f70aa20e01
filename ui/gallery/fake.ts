// The shell and the engine as the gallery needs them: a list in memory that answers at once and never moves by itself.
import type {
  Action,
  CheckLine,
  Delta,
  DestinationId,
  DestinationView,
  Details,
  DoneView,
  EntryView,
  FileRow,
  Filter,
  Focused,
  Formats,
  HistoryDay,
  HistoryView,
  InboxView,
  Ipc,
  LimitNow,
  Limits,
  Network,
  Peek,
  Preferences,
  Problem,
  Query,
  Row,
  RowState,
  SessionView,
  ShellEvent,
  Slice,
  Sourced,
  Target,
  Totals,
  Update,
  UpdatesNow,
  View,
  WatchView,
  Way,
} from '../src/ipc';
import { usual } from '../src/state/sample';
import { marked, wordsOf } from '../src/state/marks';
import { aboutEntry, at, details, limited, limits, NOW, peek, watch } from './sample';

export interface Script {
  session: SessionView;
  platform?: string;
  /** How the system writes numbers and times; without, as its language does. */
  formats?: Formats;
  rows?: Row[];
  totals?: Partial<Totals>;
  peek?: Peek;
  /** The limits on record; without, those of the mockups. */
  limits?: Limits;
  /** What the details say of the way; without, that it is the accelerated one. */
  way?: Way | null;
  /** The records are not open yet. */
  waits?: boolean;
  /** The engine has not told its list yet. */
  silent?: boolean;
  /** Watched folders; without, none. */
  watches?: WatchView[];
  /** What ended, newest first; without, nothing. */
  history?: EntryView[];
  /** How it stands with updates; without, nothing newer is known of. */
  updates?: UpdatesNow;
  /** Why the system does not let Davit start by itself. */
  noLogin?: Problem;
  /** Who says what settings are; without, nobody. */
  sources?: Sourced[];
  /** This computer shows no icons of programs. */
  noTray?: boolean;
  /** What is asked to pause does so later. */
  pausesLate?: boolean;
  /** The way out; without, straight. */
  network?: Network;
  /** What the last check found; without, there was none. */
  checked?: CheckLine[];
  /** What a check finds; it does not end where it is to stand still. */
  finds?: CheckLine[];
  /** What a connect or a sign-in comes to; without, nothing changes. */
  refuses?: Problem;
  lets?: SessionView;
  /** The files of a folder do not come, or cannot be read. */
  files?: 'late' | Problem;
  /** What ended does not come, or cannot be read. */
  searched?: 'late' | Problem;
  /** How many unfinished uploads are left of a company that is forgotten; without, none. It never ends where it stands still. */
  left?: number | 'late';
}

/** Files that are sent at a time. */
const AT_ONCE = 8;
const moves = (state: RowState): boolean =>
  ['queued', 'scanning', 'uploading', 'waiting', 'held', 'verifying'].includes(state.kind);
const IN_LINE: RowState['kind'][] = ['queued', 'scanning', 'waiting'];
const FILTERS: Record<Filter, (row: Row) => boolean> = {
  all: () => true,
  // As the engine counts: what waits its turn, or for a sign-in, does not move.
  moving: (row) => ['uploading', 'waiting', 'verifying', 'scanning'].includes(row.state.kind),
  'needs-you': (row) => row.state.kind === 'failed' || (row.folder?.needsYou ?? 0) > 0,
  done: (row) => row.state.kind === 'done',
};

export const inbox: InboxView = {
  id: 1,
  files: 1,
  folders: 2,
  unknown: 0,
  size: 18.6e9,
  names: ['day 08', 'day 09', 'FJORD07_T014.wav'],
};

/** As the core does it: each of some words is in the name or the destination. */
function has({ name, destination }: { name: string; destination: string }, words: string[]): boolean {
  const is = (word: string) => [name, destination].some((one) => marked(one, [word])[0].some(({ hit }) => hit));
  return words.every(is);
}

/** A file of a folder with ten thousand. */
function nth(id: number): FileRow {
  const state: RowState =
    id === 4
      ? { kind: 'failed', code: 'file-in-use' }
      : id < 6_000
        ? { kind: 'done', at: at('12:00') }
        : id < 6_004
          ? { kind: 'uploading' }
          : { kind: 'queued', ahead: 0 };
  const card = String.fromCharCode(65 + Math.floor(id / 2_500));
  return { id, path: `CARD_${card}/A007_C${String(id).padStart(5, '0')}.mxf`, size: 1.6e9, sent: 0, state, fact: null };
}

export class Fake {
  /** Where files were sent, in order. */
  readonly enqueued: DestinationId[] = [];
  /** What was put into the clipboard, in order. */
  readonly copied: string[] = [];
  private listen: (update: Update) => void = () => undefined;
  private shell: (event: ShellEvent) => void = () => undefined;
  private view: View | null = null;
  private rev = 0;
  private told = '';
  private limits: Limits;
  private watches: WatchView[];
  private watching: ((watches: WatchView[]) => void) | null = null;
  private limit: LimitNow;
  private login = false;
  private pieces: number | null = null;
  private preferences: Preferences = {
    tellDone: true,
    tellNeedsYou: true,
    tellWatched: false,
    keepAwake: true,
    keepWorking: true,
    tray: true,
    startAtLogin: false,
    sameName: null,
    pauseMetered: true,
    pauseOnLowBattery: true,
    theme: 'system',
    installUpdates: true,
  };
  private network: Network;
  private detailed: number | null = null;
  private updates: UpdatesNow;
  /** Ends the check that runs. */
  private stops: () => void = () => undefined;
  private standing: Totals | null = null;
  private history: EntryView[];
  /** What was searched for last. */
  found: EntryView[] = [];
  private searches = 0;
  private revision = 0;
  private readonly rows: Row[];
  private readonly gone = new Map<number, { row: Row; index: number }>();
  private readonly before = new Map<number, RowState>();

  constructor(private readonly script: Script) {
    this.rows = [...(script.rows ?? [])];
    this.limits = script.limits ?? limits;
    this.network = script.network ?? {
      choice: { kind: 'automatic' },
      proxy: null,
      from: null,
      hasPassword: false,
      unkept: null,
    };
    this.watches = script.watches ?? [];
    this.history = script.history ?? [];
    this.updates = script.updates ?? { kind: 'current', checked: at('13:05'), trouble: null };
    this.limit = script.totals?.limit ?? limited;
  }

  /** Something happens to the window or the session. */
  tell(event: ShellEvent): void {
    this.shell(event);
  }

  /** Files come, move, leave or are dropped, at these pixels of the page. */
  hover(kind: 'hover' | 'hover-moved' | 'hover-left' | 'dropped', left: number, top: number): void {
    const [x, y] = [left / innerWidth, top / innerHeight];
    this.shell(kind === 'hover-left' ? { kind } : kind === 'hover-moved' ? { kind, x, y } : { kind, inbox, x, y });
  }

  /** A second passes. */
  tick(speed: number): void {
    this.standing ??= this.totals();
    this.delta({ totals: { ...this.standing, speed }, changed: this.view ? this.flow(this.view) : [] });
  }

  /** So many more rows are done, from the first on, and told as the engine tells it: in numbers, and in rows that are in view. */
  finish(count: number): void {
    const from = this.rows.findIndex((row) => row.state.kind !== 'done');
    if (from < 0) return;
    const to = Math.min(from + count, this.rows.length);
    this.standing ??= this.totals();
    let { sent } = this.standing;
    for (let nth = from; nth < to + AT_ONCE && nth < this.rows.length; nth += 1) {
      const row = this.rows[nth];
      if (!row) continue;
      const done = nth < to;
      if (done) sent += row.size - row.sent;
      this.rows[nth] = done
        ? { ...row, sent: row.size, state: { kind: 'done', at: at('16:02') } }
        : { ...row, state: { kind: 'uploading' } };
    }
    const totals: Totals = { ...this.standing, done: this.standing.done + to - from, sent };
    this.standing = totals;
    const { view } = this;
    const changed = view
      ? this.rows.slice(Math.max(from, view.first), Math.min(to + AT_ONCE, view.first + view.count))
      : [];
    this.delta({ totals, changed });
  }

  /** A byte more for each row in view that uploads. */
  private flow(view: View): Row[] {
    const last = Math.min(this.rows.length, view.first + view.count);
    const changed: Row[] = [];
    for (let at = view.first; at < last; at += 1) {
      const row = this.rows[at];
      if (row?.state.kind === 'uploading') changed.push((this.rows[at] = { ...row, sent: row.sent + 1 }));
    }
    return changed;
  }

  private totals(): Totals {
    const count = (filter: Filter) => this.rows.filter(FILTERS[filter]).length;
    const sum = (of: (row: Row) => number) => this.rows.reduce((all, row) => all + of(row), 0);
    const all = this.rows.length;
    return {
      all,
      moving: count('moving'),
      needsYou: count('needs-you'),
      done: count('done'),
      sent: sum((row) => row.sent),
      size: sum((row) => row.size),
      speed: sum((row) => row.speed),
      secondsLeft: null,
      history: this.revision,
      overview: all === 0 ? { kind: 'empty' } : { kind: 'moving' },
      ...(all === 0 ? {} : this.script.totals),
      limit: this.limit,
    };
  }

  private slice(view: View, among: number[] = []): Slice {
    const filtered = view.filter === 'all' ? this.rows : this.rows.filter(FILTERS[view.filter]);
    const words = wordsOf(view.find);
    const found = words.length === 0 ? filtered : filtered.filter((row) => has(row, words));
    const passing = among.length === 0 ? found : found.filter(({ id }) => among.includes(id));
    const rows = passing.slice(view.first, view.first + view.count);
    const opened = (row: Row): Row =>
      row.folder && view.open.includes(row.id)
        ? { ...row, folder: { ...row.folder, peek: this.script.peek ?? peek } }
        : row;
    return { filter: view.filter, find: view.find, first: view.first, total: passing.length, rows: rows.map(opened) };
  }

  private focused(view: View): Details | null {
    const focus = view.focus;
    const row = focus?.kind === 'item' ? this.rows.find((one) => one.id === focus.id) : undefined;
    return row ? { ...details(row), ...(this.script.way === undefined ? {} : { way: this.script.way }) } : null;
  }

  private delta(change: Partial<Delta>): void {
    this.rev += 1;
    const totals = change.totals ?? this.totals();
    const same: Delta = { rev: this.rev, totals, slice: null, changed: [], details: { kind: 'same' }, outcomes: [] };
    this.listen({ kind: 'delta', ...same, ...change });
  }

  private changed(): void {
    if (!this.view) return;
    const slice = this.slice(this.view);
    const focused = this.focused(this.view);
    const gone: Focused = { kind: this.view.focus ? 'gone' : 'same' };
    const details: Focused = focused ? { kind: 'now', ...focused } : gone;
    // As the engine does it: the slice only when rows came, went or stand elsewhere.
    const order = JSON.stringify([slice.filter, slice.find, slice.first, slice.total, slice.rows.map((row) => row.id)]);
    if (order === this.told) this.delta({ changed: slice.rows, details });
    else this.delta({ slice, details });
    this.told = order;
  }

  private act(action: Action, targets: Target[]): DoneView {
    if (action === 'earlier' || action === 'later') return this.move(action, targets);
    if (action === 'first' || action === 'last') return this.moveAll(action, targets);
    if (action === 'pause' && this.script.pausesLate) return { undo: false, count: targets.length };
    let count = 0;
    for (const target of targets) {
      const index = this.rows.findIndex((row) => target.kind === 'item' && row.id === target.id);
      const row = this.rows[index];
      if (row && this.step(action, row, index)) count += 1;
      else if (action === 'undo' && this.putBack(target.id)) count += 1;
    }
    this.changed();
    return { undo: action === 'cancel' || action === 'remove', count };
  }

  /** As the engine does it: one place among what is in line. */
  private move(action: 'earlier' | 'later', targets: Target[]): DoneView {
    const line = this.rows.flatMap((row, at) => (IN_LINE.includes(row.state.kind) ? [at] : []));
    if (action === 'later') line.reverse();
    const moves = (at: number | undefined) => targets.some(({ id }) => at !== undefined && this.rows[at]?.id === id);
    let count = 0;
    for (const [nth, at] of line.entries()) {
      const before = line[nth - 1];
      const [row, other] = [this.rows[at], before === undefined ? undefined : this.rows[before]];
      if (before === undefined || !row || !other || !moves(at) || moves(before)) continue;
      [this.rows[before], this.rows[at]] = [row, other];
      count += 1;
    }
    this.changed();
    return { undo: false, count };
  }

  /** Before or behind all that is in line. */
  private moveAll(action: 'first' | 'last', targets: Target[]): DoneView {
    const line = this.rows.flatMap((row, at) => (IN_LINE.includes(row.state.kind) ? [at] : []));
    const before = line.flatMap((at) => this.rows[at] ?? []);
    const chosen = before.filter(({ id }) => targets.some((target) => target.id === id));
    const others = before.filter((row) => !chosen.includes(row));
    const after = action === 'first' ? [...chosen, ...others] : [...others, ...chosen];
    for (const [nth, at] of line.entries()) {
      const row = after[nth];
      if (row) this.rows[at] = row;
    }
    this.changed();
    return { undo: false, count: after.some((row, nth) => row !== before[nth]) ? chosen.length : 0 };
  }

  /** The engine's next word tells what holds now. */
  private holds(limit: Partial<LimitNow>): Promise<null> {
    this.limit = { ...this.limit, ...limit };
    this.standing = null;
    this.delta({});
    return Promise.resolve(null);
  }

  private step(action: Action, row: Row, index: number): boolean {
    const states: Partial<Record<Action, RowState>> = {
      pause: { kind: 'paused', by: 'you', since: at('16:02') },
      resume: { kind: 'uploading' },
      cancel: { kind: 'cancelled', at: at('16:02') },
      retry: { kind: 'queued', ahead: 0 },
      'keep-both': { kind: 'queued', ahead: 0 },
      'proposed-name': { kind: 'queued', ahead: 0 },
    };
    if (action === 'remove') {
      this.gone.set(row.id, { row, index });
      this.rows.splice(index, 1);
      return true;
    }
    const state = action === 'undo' ? this.before.get(row.id) : states[action];
    if (!state) return false;
    this.before.set(row.id, row.state);
    this.rows[index] = { ...row, state };
    return true;
  }

  private putBack(id: number): boolean {
    const gone = this.gone.get(id);
    if (!gone) return false;
    this.rows.splice(gone.index, 0, gone.row);
    this.gone.delete(id);
    return true;
  }

  private forget(): Promise<number> {
    const { left = 0 } = this.script;
    if (left === 'late') return new Promise(() => undefined);
    this.rows.length = 0;
    this.changed();
    this.watched([]);
    this.tell({ kind: 'session', session: { kind: 'welcome', address: null, problem: null } });
    return Promise.resolve(left);
  }

  private answer(): Promise<SessionView> {
    const { refuses, lets, session } = this.script;
    // Refusals cross the bridge as plain objects.
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    if (refuses) return Promise.reject(refuses);
    return Promise.resolve(lets ?? session);
  }

  readonly ipc: Ipc = {
    hello: () =>
      this.script.waits
        ? new Promise(() => undefined)
        : Promise.resolve({
            version: '1.4.0',
            platform: this.script.platform ?? 'linux',
            session: this.script.session,
            usual,
            formats: this.script.formats ?? { numbers: navigator.language, times: navigator.language },
          }),
    connect: () => this.answer(),
    signIn: () => this.answer(),
    signInByBrowser: () => this.answer(),
    leaveSignIn: () => {
      const { session } = this.script;
      const { company, address } = { company: '', address: '', ...session };
      const before: SessionView = { kind: 'browser', company: company ?? '', address: address ?? '' };
      this.tell({ kind: 'session', session: session.kind === 'signing-in' ? before : session });
      return Promise.resolve(null);
    },
    signOut: () => this.answer(),
    forgetCompany: () => this.forget(),
    subscribeShell: (listen) => {
      this.shell = listen;
      return Promise.resolve(null);
    },
    quit: () => Promise.resolve(null),
    answerQuit: () => Promise.resolve(null),
    pickFiles: () => Promise.resolve(inbox),
    pickFolder: () => Promise.resolve(inbox),
    paste: () => Promise.resolve(inbox),
    discard: () => Promise.resolve(null),
    enqueue: (_inbox, to) => {
      this.enqueued.push(to);
      return Promise.resolve({ batch: 2, items: 3, refused: 0, why: null });
    },
    subscribe: (view, listen) => {
      this.view = view;
      this.rev = 0;
      if (this.script.silent) return Promise.resolve(null);
      this.listen = listen;
      const details = this.focused(view);
      listen({ kind: 'snapshot', rev: 0, totals: this.totals(), slice: this.slice(view), details });
      return Promise.resolve(null);
    },
    setView: (view) => {
      this.view = view;
      // The engine answers with its next tick, never within the call.
      queueMicrotask(() => this.changed());
      return Promise.resolve(null);
    },
    rows: (view, among) => Promise.resolve(this.slice(view, among)),
    act: (action, targets) => Promise.resolve(this.act(action, targets)),
    pauseAll: () => this.every('pause', (row) => moves(row.state)),
    resumeAll: () => this.every('resume', (row) => row.state.kind === 'paused'),
    retryAll: () => this.every('retry', (row) => row.state.kind === 'failed'),
    clearDone: () => this.every('remove', (row) => row.state.kind === 'done'),
    undoClear: () => Promise.resolve({ undo: false, count: 0 }),
    folderFiles: (_item, search, first, count) => {
      const { files } = this.script;
      if (files === 'late') return new Promise(() => undefined);
      // Refusals cross the bridge as plain objects.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      if (files) return Promise.reject(files);
      const all = Array.from({ length: 10_000 }, (_, id) => nth(id));
      const found = all.filter((file) => file.path.toLowerCase().includes(search.toLowerCase()));
      return Promise.resolve({ first, total: found.length, rows: found.slice(first, first + count) });
    },
    copyLink: async (target) => {
      await this.copy(`link ${target.id}`);
      return this.rows.some((row) => row.id === target.id && row.state.kind === 'done') ? 'now' : 'later';
    },
    copyText: (_target, what) => this.copy(what),
    copyWords: (words) => this.copy(words),
    saveReceipt: () => Promise.resolve('saved'),
    findFile: (target) => {
      this.act('retry', [target]);
      return Promise.resolve('same');
    },
    sendTo: (targets, to) => {
      this.enqueued.push(to);
      return Promise.resolve(this.act('retry', targets));
    },
    openSignInPage: () => Promise.resolve(null),
    limits: () => Promise.resolve(this.limits),
    concurrency: () => Promise.resolve(this.pieces),
    setConcurrency: (pieces) => {
      this.pieces = pieces;
      return Promise.resolve(null);
    },
    setLimits: (limits) => {
      this.limits = limits;
      return Promise.resolve(null);
    },
    chooseLimit: (rate) => this.holds({ rate, paused: false, why: 'chosen' }),
    followSchedule: () => this.holds(this.script.totals?.limit ?? limited),
    showInFolder: () => this.copy('shown'),
    searchHistory: (query) => {
      const { searched } = this.script;
      if (searched === 'late') return new Promise(() => undefined);
      // Refusals cross the bridge as plain objects.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      return searched ? Promise.reject(searched) : Promise.resolve(this.search(query));
    },
    historyRows: (search, first, count) =>
      Promise.resolve(search === this.searches ? this.found.slice(first, first + count) : []),
    historyDetails: (item) => {
      const entry = this.history.find((one) => one.item === item);
      return Promise.resolve(entry ? aboutEntry(entry) : null);
    },
    saveHistory: () => Promise.resolve('saved'),
    uploadAgain: () => Promise.resolve(null),
    startsAtLogin: () => Promise.resolve(this.login),
    startAtLogin: (on) => {
      // Refusals cross the bridge as plain objects.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      if (this.script.noLogin) return Promise.reject(this.script.noLogin);
      this.login = on;
      return Promise.resolve(null);
    },
    network: () => Promise.resolve(this.network),
    setProxy: (proxy) => {
      const bad: Problem = { code: 'bad-input', owner: 'user', detail: '', reference: null };
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      if (proxy.kind === 'fixed' && !/^[\w.-]+(:\d+)?$/.test(proxy.address)) return Promise.reject(bad);
      const address = proxy.kind === 'fixed' ? proxy.address : null;
      this.network = {
        choice: proxy,
        proxy: address,
        from: address === null ? null : 'person',
        hasPassword: false,
        unkept: null,
      };
      return Promise.resolve(this.network);
    },
    setProxyLogin: () => Promise.resolve((this.network = { ...this.network, hasPassword: true, unkept: null })),
    forgetProxyLogin: () => Promise.resolve((this.network = { ...this.network, hasPassword: false })),
    checked: () => Promise.resolve(this.script.checked ? { at: at('15:40'), lines: this.script.checked } : null),
    checkConnection: (_, listen) => {
      for (const line of this.script.finds ?? []) listen(line);
      return new Promise((done) => (this.stops = () => done(null)));
    },
    stopCheck: () => {
      this.stops();
      return Promise.resolve(null);
    },
    saveReport: () => Promise.resolve('saved'),
    detailedLog: () => Promise.resolve(this.detailed),
    setDetailedLog: (on) => Promise.resolve((this.detailed = on ? at('16:04') + 86_400 : null)),
    openClockSettings: () => Promise.resolve(null),
    preferences: () => Promise.resolve(this.preferences),
    zoom: () => Promise.resolve(null),
    settingSources: () => Promise.resolve(this.script.sources ?? []),
    hasTray: () => Promise.resolve(!this.script.noTray),
    setPreferences: (preferences) => {
      this.preferences = preferences;
      return Promise.resolve(null);
    },
    updates: () => Promise.resolve({ version: '1.3.2', now: this.updates }),
    checkUpdates: () => this.updated({ kind: 'current', checked: NOW / 1000, trouble: null }),
    installUpdate: () => this.updated({ kind: 'finishing', version: '1.4.0' }),
    leaveUpdate: () => this.updated({ kind: 'ready', version: '1.4.0', trouble: null }),
    subscribeWatches: (listen) => {
      this.watching = listen;
      listen(this.watches);
      return Promise.resolve(null);
    },
    pickWatchRoot: () => Promise.resolve({ ...inbox, folders: 1, files: 0, names: ['Ingest'] }),
    previewWatch: (_root, { lines }) => {
      const left = lines.length === 0 ? 0 : 3;
      const why = { rule: 'not-included' } as const;
      const someLeft = ['notes.txt', 'Day 07/sound.pdf', 'Day 07/list.csv']
        .slice(0, left)
        .map((path) => ({ path, why }));
      return Promise.resolve({ taken: 149 - left, bytes: 3.1e12, left, someTaken: ['Day 07/A007.mxf'], someLeft });
    },
    checkWishes: () => Promise.resolve(null),
    addWatch: (_inbox, _to, wishes) => {
      const id = this.watches.length + 1;
      this.watched([...this.watches, watch(id, { name: 'Ingest', folder: '/media/raid/Ingest', wishes })]);
      return Promise.resolve(id);
    },
    changeWatch: (id, _before, wishes, to) => {
      const place = this.places().find((one) => one.id === to);
      return this.changeWatch(id, { wishes, ...(place ? { to: place.id, destination: place.label } : {}) });
    },
    relocateWatch: (id) => this.changeWatch(id, { folder: '/home/mara/Ingest', doing: { kind: 'watching' } }),
    answerWatch: (id) => this.changeWatch(id, { doing: { kind: 'watching' } }),
    pauseWatch: (id) => this.changeWatch(id, { doing: { kind: 'paused', since: at('16:02') } }),
    resumeWatch: (id) => this.changeWatch(id, { doing: { kind: 'watching' } }),
    pauseWatches: () => this.changeAll({ doing: { kind: 'paused', since: at('16:02') } }),
    resumeWatches: () => this.changeAll({ doing: { kind: 'watching' } }),
    checkWatch: () => Promise.resolve(null),
    stopWatch: (id) => {
      this.watched(this.watches.filter((one) => one.id !== id));
      return Promise.resolve(null);
    },
  };

  /** Something more ended. */
  ended(entry: EntryView): void {
    this.history = [entry, ...this.history];
    this.revision += 1;
    this.standing = null;
    this.delta({});
  }

  /** As the core does it, by the days of this clock. */
  private search({ text, when, result, destination }: Query): HistoryView {
    const words = wordsOf(text);
    const day = (unix: number) => new Date(unix * 1000).setHours(0, 0, 0, 0) / 1000;
    const today = day(NOW / 1000);
    const year = new Date(NOW).setMonth(0, 1) / 1000;
    const since = when.kind === 'days' ? today - (when.days - 1) * 86_400 : when.kind === 'this-year' ? day(year) : 0;
    this.found = this.history.filter((entry) => {
      const so = result === null || entry.result === result;
      const there = destination === null || entry.destination === destination;
      return so && there && entry.ended >= since && has(entry, words);
    });
    const days: HistoryDay[] = [];
    for (const { ended } of this.found) {
      const last = days.at(-1);
      if (last?.began === day(ended)) last.count += 1;
      else days.push({ began: day(ended), count: 1 });
    }
    this.searches += 1;
    return {
      search: this.searches,
      matched: this.found.length,
      all: this.history.length,
      size: this.found.reduce((all, entry) => all + entry.size, 0),
      days,
      destinations: [...new Set(this.history.map((entry) => entry.destination))].sort(),
    };
  }

  private changeWatch(id: number, change: Partial<WatchView>): Promise<null> {
    this.watched(this.watches.map((one) => (one.id === id ? { ...one, ...change } : one)));
    return Promise.resolve(null);
  }

  private changeAll(change: Partial<WatchView>): Promise<null> {
    this.watched(this.watches.map((one) => ({ ...one, ...change })));
    return Promise.resolve(null);
  }

  private places(): DestinationView[] {
    const { session } = this.script;
    return session.kind === 'connected' ? session.destinations : [];
  }

  private watched(watches: WatchView[]): void {
    this.watches = watches;
    this.watching?.(watches);
  }

  private updated(now: UpdatesNow): Promise<null> {
    this.updates = now;
    this.shell({ kind: 'updates', updates: { version: '1.3.2', now } });
    return Promise.resolve(null);
  }

  private copy(words: string): Promise<null> {
    this.copied.push(words);
    return Promise.resolve(null);
  }

  private every(action: Action, wanted: (row: Row) => boolean): Promise<DoneView> {
    const targets = this.rows.filter(wanted).map((row): Target => ({ kind: 'item', id: row.id }));
    return Promise.resolve(this.act(action, targets));
  }
}
