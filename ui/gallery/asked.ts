// What a person can ask of the shell: the list of actions that the walks by keyboard have to come through.
import type { Action, CopyWhat, Existing, Filter, Ipc, Preferences, ProxyWish } from '../src/ipc';

/** Those of a kind that a person can ask for. */
function keys<T extends string>(all: Record<T, boolean>): string[] {
  return Object.keys(all).filter((one) => all[one as T]);
}

/** Whether a person asks for it; where there are several ways to, each. What is new does not compile until it is here. */
const ASKED: Record<keyof Ipc, boolean | string[]> = {
  hello: false,
  connect: true,
  signIn: true,
  signInByBrowser: ['true', 'false'],
  leaveSignIn: true,
  signOut: true,
  forgetCompany: true,
  subscribeShell: false,
  quit: true,
  answerQuit: ['true', 'false'],
  pickFiles: true,
  pickFolder: true,
  paste: true,
  discard: true,
  enqueue: true,
  subscribe: false,
  setView: [...keys<Filter>({ all: true, moving: true, 'needs-you': true, done: true }), 'details', 'open'],
  rows: false,
  act: keys<Action>({
    pause: true,
    resume: true,
    cancel: true,
    retry: true,
    'keep-both': true,
    'proposed-name': true,
    remove: true,
    undo: true,
    earlier: true,
    later: true,
    first: true,
    last: true,
  }),
  pauseAll: true,
  resumeAll: true,
  retryAll: true,
  clearDone: false,
  undoClear: false,
  folderFiles: true,
  copyLink: true,
  // Where it comes from is shown in its folder, not copied.
  copyText: keys<CopyWhat>({ key: true, checksum: true, etag: true, version: true, reference: true, from: false }),
  copyWords: true,
  saveReceipt: true,
  limits: false,
  setLimits: true,
  concurrency: false,
  setConcurrency: true,
  chooseLimit: true,
  followSchedule: true,
  startsAtLogin: false,
  startAtLogin: ['true', 'false'],
  preferences: false,
  zoom: ['90', '100', '110'],
  hasTray: false,
  setPreferences: keys<keyof Preferences>({
    tellDone: true,
    tellNeedsYou: true,
    tellWatched: true,
    keepAwake: true,
    keepWorking: true,
    tray: true,
    // It has a way of its own: the system does it.
    startAtLogin: false,
    sameName: true,
    pauseMetered: true,
    pauseOnLowBattery: true,
    theme: true,
    installUpdates: true,
  }),
  settingSources: false,
  updates: false,
  checkUpdates: true,
  installUpdate: true,
  leaveUpdate: true,
  network: false,
  setProxy: keys<ProxyWish['kind']>({ automatic: true, none: true, fixed: true }),
  setProxyLogin: true,
  forgetProxyLogin: true,
  checked: false,
  checkConnection: true,
  stopCheck: true,
  saveReport: true,
  detailedLog: false,
  setDetailedLog: ['true', 'false'],
  openClockSettings: true,
  openSignInPage: true,
  showInFolder: true,
  findFile: true,
  sendTo: true,
  searchHistory: true,
  historyDetails: true,
  historyRows: true,
  saveHistory: true,
  uploadAgain: true,
  subscribeWatches: false,
  pickWatchRoot: true,
  previewWatch: true,
  checkWishes: false,
  // What is added or answered here is decided; the command line can leave it open.
  addWatch: keys<Existing>({ ask: false, all: true, 'new-only': true }),
  changeWatch: true,
  relocateWatch: true,
  answerWatch: keys<Existing>({ ask: false, all: true, 'new-only': true }),
  pauseWatch: true,
  resumeWatch: true,
  pauseWatches: true,
  resumeWatches: true,
  checkWatch: true,
  stopWatch: true,
};

export const actions: string[] = Object.entries(ASKED).flatMap(([name, asked]) =>
  Array.isArray(asked) ? asked.map((way) => `${name} ${way}`) : asked ? [name] : [],
);

/** The same shell; each thing asked of it is among `asked`. */
export function counted(ipc: Ipc, asked: Set<string>): Ipc {
  const call =
    (name: string, run: unknown) =>
    (...args: unknown[]) => {
      for (const way of ways(args)) for (const one of [name, `${name} ${way}`]) asked.add(one);
      return (run as (...args: unknown[]) => Promise<unknown>)(...args);
    };
  const all = Object.fromEntries(Object.entries(ipc).map(([name, run]) => [name, call(name, run)])) as unknown as Ipc;
  return {
    ...all,
    // All of them come each time: what is another than before was asked for.
    setPreferences: async (wanted) => {
      const before = await ipc.preferences();
      for (const one of Object.keys(wanted) as (keyof Preferences)[])
        if (wanted[one] !== before[one]) asked.add(`setPreferences ${one}`);
      return ipc.setPreferences(wanted);
    },
  };
}

/** How it was asked: the words and numbers among what came with it, and kinds. */
function ways(args: unknown[]): string[] {
  return ['', ...args.flatMap((arg) => (isView(arg) ? ofView(arg) : isKind(arg) ? [arg.kind] : ofWord(arg)))];
}

const ofWord = (arg: unknown): string[] =>
  typeof arg === 'string' || typeof arg === 'boolean' || typeof arg === 'number' ? [String(arg)] : [];

const isKind = (arg: unknown): arg is { kind: string } =>
  typeof arg === 'object' && arg !== null && Object.hasOwn(arg, 'kind');

interface View {
  filter: string;
  focus: unknown;
  open: unknown[];
}

const isView = (arg: unknown): arg is View => typeof arg === 'object' && arg !== null && Object.hasOwn(arg, 'filter');

const ofView = ({ filter, focus, open }: View): string[] => [
  filter,
  ...(focus ? ['details'] : []),
  ...(open.length > 0 ? ['open'] : []),
];
