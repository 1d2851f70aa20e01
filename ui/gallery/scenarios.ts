// Every state of the window that a person can meet, by name.
import type {
  CheckLine,
  DestinationView,
  EntryView,
  ErrorCode,
  Fact,
  Network,
  Row,
  RowState,
  SessionView,
  Sourced,
  UpdatesNow,
} from '../src/ipc';
import { errors } from '../src/text';
import { type Fake, type Script, inbox } from './fake';
import {
  names,
  NOW,
  at,
  day,
  entry,
  failed,
  folder,
  history,
  limited,
  limits,
  row,
  waits,
  watch,
  watches,
  wishes,
} from './sample';

export interface Scenario extends Omit<Script, 'rows' | 'history'> {
  /** Where they are very many, they are made when they are asked for. */
  rows?: Row[] | (() => Row[]);
  history?: EntryView[] | (() => EntryView[]);
  /** What happens once the window stands. */
  then?: (stage: Stage) => void | Promise<void>;
}

/** The script of a scenario, with everything made. */
export function scriptOf({ rows, history, ...rest }: Scenario): Script {
  const made = <T>(some: T[] | (() => T[])): T[] => (typeof some === 'function' ? some() : some);
  return { ...rest, ...(rows ? { rows: made(rows) } : {}), ...(history ? { history: made(history) } : {}) };
}

/** What a scenario can do to the page. */
export interface Stage {
  fake: Fake;
  shown: (selector: string) => Promise<HTMLElement>;
  /** Presses the element, once it is there. */
  press: (selector: string) => Promise<void>;
  type: (selector: string, words: string) => Promise<void>;
  /** Writes into the field and leaves it. */
  change: (selector: string, words: string) => Promise<void>;
  key: (key: string) => Promise<void>;
}

const place = (id: string, label: string): DestinationView => ({ id, label, linkable: true });
const places = [
  place('rushes', 'Projects / Fjord documentary / Rushes'),
  place('interviews', 'Projects / Fjord documentary / Interviews'),
  place('photos', 'Photos / 2026 / 11'),
  place('slides', 'Lab / Slides / 2026'),
  place('maps', 'Lab / Survey / Maps'),
  place('town', 'Projects / Internal / Town hall'),
];
const company = 'Nordlys Studio';
const address = 'upload.nordlys.example';
const connected: SessionView = { kind: 'connected', company, address, destinations: places, unkept: null };
const noPlace: SessionView = { ...connected, destinations: [] };
const onePlace: SessionView = { ...connected, destinations: places.slice(0, 1) };
const signedOut: SessionView = { kind: 'signed-out', company, address, since: at('16:02'), browser: false };
const welcome: SessionView = { kind: 'welcome', address: null, problem: null };
const away: SessionView = { kind: 'connecting', company, address, instead: null };
const token: SessionView = { kind: 'token', company, address };
const browser: SessionView = { kind: 'browser', company, address };
const until = NOW / 1000 + 520;
const signingIn: SessionView = { kind: 'signing-in', company, address, code: null, at: null, until };
const byCode: SessionView = { ...signingIn, code: 'WXRK-PLTM' };
/** The browser was asked for, and came back with nothing good. */
const refusedThere = (code: ErrorCode): Scenario => ({
  session: browser,
  refuses: problem(code),
  then: ({ press }) => press('.cta .primary'),
});
const problem = (code: ErrorCode) => ({ code, owner: 'user' as const, detail: '', reference: null });

const moving = { sent: 1.64e12, size: 4.11e12, speed: 38.4e6, secondsLeft: 66_000 };
const list: Script = { session: connected, rows: day(), totals: moving };
const details = (id: number, more: Partial<Scenario> = {}): Scenario => ({
  ...list,
  then: async ({ press, key }) => {
    await press(`[data-item='${id}']`);
    await key('Enter');
  },
  ...more,
});
const hover = (session: SessionView, x: number, y: number, rows?: Row[]): Scenario => ({
  session,
  ...(rows ? { rows, totals: moving } : {}),
  then: ({ fake }) => fake.hover('hover', x, y),
});

/** One row a state, for those that the day does not have. */
const states: [string, RowState][] = [
  ['Waiting its turn, next in line', { kind: 'queued', ahead: 0 }],
  ['Waiting its turn, behind three others', { kind: 'queued', ahead: 3 }],
  ['Uploading', { kind: 'uploading' }],
  ['Paused by you', { kind: 'paused', by: 'you', since: at('14:05') }],
  ['Paused by schedule', { kind: 'paused', by: 'schedule', since: at('14:05') }],
  ['Paused on battery', { kind: 'paused', by: 'battery', since: at('14:05') }],
  ['Paused on a metered network', { kind: 'paused', by: 'metered', since: at('14:05') }],
  ['Paused while it is written', { kind: 'paused', by: 'watch', since: at('14:05') }],
  ['Waiting for the connection', waits('offline')],
  ['Waiting for a busy storage', waits('storage-busy', { until: at('16:05') })],
  ['Waiting for a drive', waits('source-offline', { drive: 'LAB-NAS', next: 'person' })],
  ['Held until you sign in', { kind: 'held' }],
  ['Being checked', { kind: 'verifying' }],
  ['Done', { kind: 'done', at: at('13:48') }],
  ['Cancelled', { kind: 'cancelled', at: at('16:02') }],
];

/** Everything a transfer can wait for. */
const waiting: Record<string, ReturnType<typeof waits>> = {
  storage: waits('storage-busy', { until: at('16:04') }),
  'storage-soon': waits('storage-busy', { until: NOW / 1000 + 20 }),
  'storage-now': waits('storage-busy', { until: NOW / 1000 + 2 }),
  company: waits('backend-down'),
  'company-later': waits('backend-down', { until: at('16:59') }),
  drive: waits('source-offline', { drive: 'LAB-NAS', until: NOW / 1000 + 4, next: 'person' }),
  'drive-without-a-name': waits('source-offline', { next: 'person' }),
  portal: waits('captive-portal', { next: 'person' }),
  certificate: waits('untrusted-server', { next: 'person' }),
  file: waits('file-in-use', { next: 'person' }),
  room: waits('disk-full', { next: 'person' }),
  records: waits('journal-unwritable', { next: 'person' }),
  computer: waits('computer-busy', { next: 'person' }),
};

const password = waits('proxy-auth', { next: 'person' });

const GB = 1e9;
const awaiting = Object.entries(waiting).map(([name, state], id) =>
  row(id + 1, `${name}.mov`, state, { sent: 6.4 * GB }),
);
const stated = states.map(([name, state], id) =>
  row(id + 1, `${name}.mov`, state, {
    sent: state.kind === 'done' ? 10 * GB : state.kind === 'queued' ? 0 : 6.4 * GB,
    speed: state.kind === 'uploading' ? 20.2e6 : 0,
    secondsLeft: state.kind === 'uploading' ? 240 : null,
  }),
);
/** What problems are told with. */
const facts: Partial<Record<ErrorCode, Fact>> = {
  'too-large': { kind: 'largest', size: 5e12 },
  'clock-wrong': { kind: 'clock-off', seconds: 21 * 60 },
  'upload-expired': { kind: 'kept', days: 7 },
  'already-there': { kind: 'there', size: 21.1 * GB, at: at('17:20') - 3 * 86_400 },
};
const problems = (Object.keys(errors) as ErrorCode[])
  .filter((code) => errors[code].button)
  .map((code, id) => row(id + 1, `${code}.mov`, failed(code), { fact: facts[code] ?? null }));
const problemsFrom = (first: number) => ({
  session: connected,
  rows: problems.slice(first, first + 10),
  totals: { overview: { kind: 'needs-you' as const } },
});
/** One that needs you, and rows in these states. */
const needing = (beside: string[]): Scenario => ({
  session: connected,
  rows: [
    row(1, 'Town hall.mov', failed('file-missing')),
    ...states.filter(([name]) => beside.includes(name)).map(([name, state], at) => row(at + 2, name, state)),
  ],
  totals: { overview: { kind: 'needs-you' } },
});
/** The day when the sign-in is over: all that would move is held. */
const held = (): Row[] =>
  day()
    .filter(({ state }) => !['scanning', 'queued'].includes(state.kind))
    .map((one) =>
      ['uploading', 'verifying', 'waiting'].includes(one.state.kind)
        ? { ...one, speed: 0, secondsLeft: null, state: { kind: 'held' } }
        : one,
    );
/** One problem alone, with its details open. */
const problemOf = (code: ErrorCode): Scenario =>
  details(1, {
    rows: [
      row(1, names.town, failed(code), {
        destination: 'Projects / Internal / Town hall',
        size: 21.4 * GB,
        fact: facts[code] ?? null,
      }),
    ],
    totals: { overview: { kind: 'needs-you' } },
  });
const watched = (all = watches(), then?: Scenario['then']): Scenario => ({
  ...list,
  watches: all,
  then: async (stage) => {
    await stage.press('.nav [href="#watched"]');
    await then?.(stage);
  },
});
const ended = (count: number, then?: Scenario['then']): Scenario => ({
  ...list,
  history: () => history(count),
  then: async (stage) => {
    await stage.press('.nav [href="#history"]');
    await then?.(stage);
  },
});
/** Opens the details of an entry. */
const into = async ({ press, key, shown }: Stage, item: number): Promise<void> => {
  await press(`[data-item='${item}']`);
  await key('Enter');
  await shown('.panel');
};
/** Looks for something in the list. */
const find = async ({ press, type }: Stage, words: string): Promise<void> => {
  await press('.filters .ib');
  await type('.filters input', words);
};
const finding = (words: string): Scenario => ({ ...list, then: (stage) => find(stage, words) });
/** Chooses the nth of a picker of history. */
const picked = async ({ press }: Stage, picker: number, choice: number): Promise<void> => {
  await press(`.hbar > :nth-child(${picker}) .pick`);
  await press(`.hbar .menu button:nth-of-type(${choice})`);
};
const settings = (more: Partial<Scenario> = {}, then?: Scenario['then']): Scenario => ({
  ...list,
  ...more,
  then: async (stage) => {
    await stage.press('.nav [href="#settings"]');
    await stage.shown('.opt');
    await then?.(stage);
  },
});
/** The settings at their limits. */
const settingsLimits = (more: Partial<Scenario> = {}, then?: Scenario['then']): Scenario =>
  settings(more, async (stage) => {
    await stage.press('#tab-limits');
    await then?.(stage);
  });
const byProxy: Network = {
  choice: { kind: 'automatic' },
  proxy: 'proxy.nordlys.example:3128',
  from: 'system',
  hasPassword: true,
  unkept: null,
};
const line = (
  step: CheckLine['step'],
  found: CheckLine['found'],
  verdict: CheckLine['verdict'] = 'fine',
): CheckLine => ({ step, verdict, found, detail: verdict === 'wrong' ? 'untrusted-server: UnknownIssuer' : '' });
const found: CheckLine[] = [
  line('names', { kind: 'named', host: 'upload.nordlys.example' }),
  line('proxy', { kind: 'straight' }),
  line('certificate', { kind: 'issuer', issuer: 'Let’s Encrypt' }),
  line('company', { kind: 'answers', ms: 24 }),
  line('sign-in', { kind: 'signed-in', places: 6 }),
  line('storage', { kind: 'sent', rate: 61.3e6 }),
  line('ways', { kind: 'ways', accelerated: 61.3e6, acceleratedMs: 21, direct: 38.4e6, directMs: 48 }),
  line('clock', { kind: 'clock', ahead: 240 }, 'attention'),
];
const troubled: CheckLine[] = [
  line('names', { kind: 'named', host: 'proxy.nordlys.example' }),
  line('proxy', { kind: 'proxy', proxy: 'proxy.nordlys.example:3128', from: 'system' }),
  line('certificate', { kind: 'problem', code: 'untrusted-server', issuer: 'Nordlys Web Filter CA' }, 'wrong'),
  line('company', { kind: 'problem', code: 'proxy-auth', issuer: null }, 'wrong'),
  line('sign-in', { kind: 'problem', code: 'sign-in-ended', issuer: null }, 'wrong'),
  line('storage', { kind: 'skipped', why: 'not-signed-in' }, 'skipped'),
  line('clock', { kind: 'clock', ahead: -1260 }, 'wrong'),
];
const diagnostics = (more: Partial<Scenario> = {}, then?: Scenario['then']): Scenario =>
  settings(more, async (stage) => {
    await stage.press('#tab-diagnostics');
    await stage.shown('.opt [role=switch]');
    await then?.(stage);
  });
/** Asked, and answered. */
const forgets: Scenario['then'] = async ({ press, shown }) => {
  await press('.opt .danger');
  await shown('.opt .line');
  await press('.opt .danger');
};
/** Some by the company, for good or not, and one by the person. */
const said: Sourced[] = [
  { name: 'tray', source: 'policy', locked: true },
  { name: 'keepWorking', source: 'backend', locked: false },
  { name: 'keepAwake', source: 'person', locked: false },
  { name: 'usualLimit', source: 'backend', locked: true },
  { name: 'schedule', source: 'policy', locked: true },
  { name: 'pauseMetered', source: 'backend', locked: true },
  { name: 'theme', source: 'policy', locked: true },
  { name: 'sameName', source: 'backend', locked: true },
  { name: 'proxy', source: 'policy', locked: true },
  { name: 'server', source: 'policy', locked: true },
  { name: 'startAtLogin', source: 'policy', locked: true },
  { name: 'concurrency', source: 'policy', locked: true },
];
const updates = (now: UpdatesNow, then?: Scenario['then']): Scenario =>
  settings({ updates: now }, async (stage) => {
    await stage.press('#tab-general');
    (await stage.shown('.updates')).scrollIntoView();
    await then?.(stage);
  });
const pausedBySchedule: Script = {
  session: connected,
  rows: day().map((one) =>
    ['uploading', 'verifying', 'waiting', 'queued', 'scanning'].includes(one.state.kind)
      ? { ...one, speed: 0, secondsLeft: null, state: { kind: 'paused', by: 'schedule', since: at('08:00') } as const }
      : one,
  ),
  totals: {
    ...moving,
    speed: 0,
    secondsLeft: null,
    limit: { rate: null, paused: true, until: at('18:00'), why: 'schedule' },
    overview: { kind: 'paused' },
  },
};
const pausedForAnHour: Script = {
  ...pausedBySchedule,
  rows: (pausedBySchedule.rows ?? []).map((one) =>
    one.state.kind === 'paused' && one.state.by === 'schedule'
      ? { ...one, state: { kind: 'paused', by: 'you', since: at('16:02') } as const }
      : one,
  ),
  totals: { ...pausedBySchedule.totals, limit: { rate: null, paused: true, until: at('17:02'), why: 'chosen' } },
};
/** Everything rests for what is around the computer. */
const restsFor = (by: 'metered' | 'battery'): Script => ({
  ...pausedBySchedule,
  rows: (pausedBySchedule.rows ?? []).map((one) =>
    one.state.kind === 'paused' && one.state.by === 'schedule'
      ? { ...one, state: { kind: 'paused', by, since: at('16:02') } as const }
      : one,
  ),
  totals: { ...pausedBySchedule.totals, limit: { rate: null, paused: true, until: null, why: by } },
});
const folders = [
  row(1, 'Being counted', { kind: 'scanning' }, { size: 412 * GB, folder: folder(8_412, 0, { counting: true }) }),
  row(2, 'Uploading', { kind: 'uploading' }, { sent: 4 * GB, speed: 20e6, secondsLeft: 300, folder: folder(480, 191) }),
  row(
    3,
    'Uploading with problems',
    { kind: 'uploading' },
    {
      sent: 4 * GB,
      speed: 9e6,
      secondsLeft: 700,
      folder: folder(1_480, 191, { needsYou: 3 }),
    },
  ),
  row(4, 'Paused', { kind: 'paused', by: 'you', since: at('14:05') }, { sent: 5 * GB, folder: folder(2_210, 1_286) }),
  row(5, 'Held until you sign in', { kind: 'held' }, { sent: 5 * GB, folder: folder(2_210, 1_286) }),
  row(6, 'Nothing of it could be sent', failed('file-missing'), { folder: folder(3, 0, { needsYou: 3 }) }),
  row(
    7,
    'Done, with two problems',
    { kind: 'done', at: at('13:48') },
    {
      sent: 9 * GB,
      folder: folder(100, 98, { needsYou: 2 }),
    },
  ),
  row(8, 'Done', { kind: 'done', at: at('13:48') }, { sent: 10 * GB, folder: folder(2_210, 2_210) }),
];

/** Names that people have and that are hard to show. */
const hardNames = [
  `${'a-very-long-name-without-an-end_'.repeat(8)}take-03.mov`,
  'ראיון עם מנהל הנמל, יום שבע, צילום שלישי, מצלמה ראשית.mov',
  'مقابلة مع مدير الميناء، اليوم السابع، اللقطة الثالثة.mov',
  '👩‍👩‍👧‍👦🏳️‍🌈👩🏽‍🚀 family reel 👩‍👩‍👧‍👦🏳️‍🌈👩🏽‍🚀👩‍👩‍👧‍👦🏳️‍🌈👩🏽‍🚀.mov',
  'evil\u202Evom.exe',
  '港湾局長インタビュー＿三日目＿メインカメラ＿テイク三＿最終版＿色補正済み＿音声修正済み＿字幕付き.mov',
  'n\u0303'.repeat(40),
  'a\nline break.mov',
].map((name, id) => row(id + 1, name, { kind: 'uploading' }, { sent: 4 * GB, speed: 20.2e6, secondsLeft: 240 }));

function many(): Row[] {
  return Array.from({ length: 100_000 }, (_, id) =>
    row(
      id + 1,
      `IMG_${String(id + 1).padStart(6, '0')}_harbour-master.CR3`,
      id < 40
        ? { kind: 'done', at: at('13:48') }
        : id < 44
          ? { kind: 'uploading' }
          : { kind: 'queued', ahead: id - 44 },
      { size: 42e6, sent: id < 40 ? 42e6 : id < 44 ? 20e6 : 0 },
    ),
  );
}

export const scenarios: Record<string, Scenario> = {
  welcome: { session: welcome },
  'welcome-address-wrong': {
    session: { ...welcome, address: 'uplaod.nordlys.example', problem: problem('address-unreachable') },
  },
  'welcome-address-foreign': {
    session: { ...welcome, address: 'www.nordlys.example', problem: problem('address-not-davit') },
  },
  'welcome-proxy': { session: { ...welcome, address, problem: problem('proxy-auth') }, network: byProxy },
  'welcome-offline': { session: { ...welcome, address, problem: problem('offline') } },
  'token-not-allowed': {
    session: token,
    refuses: problem('not-allowed'),
    then: async ({ type, press }) => {
      await type('#token', 'abc');
      await press('[type=submit]');
    },
  },
  connecting: {
    session: { kind: 'connecting', company, address, instead: null },
    then: async ({ shown }) => {
      await shown('.cta');
    },
  },
  'connecting-password': {
    session: { ...away, instead: 'proxy-auth' },
    network: byProxy,
    then: async ({ shown }) => {
      await shown('.cta');
    },
  },
  'connecting-list': { ...list, session: away },
  'connecting-waiting': { ...list, session: away, then: ({ fake }) => fake.tell({ kind: 'added', inbox }) },
  'connecting-drop': hover(away, 400, 300, day()),
  'welcome-drop': hover(welcome, 400, 300),
  'welcome-waiting': { session: welcome, then: ({ fake }) => fake.tell({ kind: 'added', inbox }) },
  'stopped-newer': { session: { kind: 'stopped', problem: problem('journal-newer'), again: false } },
  'stopped-full': { session: { kind: 'stopped', problem: problem('disk-full'), again: true } },
  'stopped-damaged': { session: { kind: 'stopped', problem: problem('journal-damaged'), again: false } },
  'stopped-busy': { session: { kind: 'stopped', problem: problem('instance-busy'), again: false } },
  token: { session: token, lets: connected },
  'token-keychain': {
    session: token,
    lets: { ...connected, unkept: 'keychain-unavailable' },
    then: async ({ type, press }) => {
      await type('#token', 'abc');
      await press('[type=submit]');
    },
  },
  'token-wrong': {
    session: token,
    refuses: problem('wrong-token'),
    then: async ({ type, press }) => {
      await type('#token', 'abc');
      await press('[type=submit]');
    },
  },
  starting: {
    session: connected,
    waits: true,
    then: async ({ shown }) => {
      await shown('.wel [role=status]');
    },
  },
  'sign-in': { session: browser, lets: connected },
  'sign-in-waiting': { session: signingIn },
  'sign-in-code': { session: byCode },
  'sign-in-code-elsewhere': { session: { ...byCode, at: 'https://id.nordlys.example/device' } },
  'sign-in-unfinished': refusedThere('sign-in-unfinished'),
  'sign-in-not-allowed': refusedThere('not-allowed'),
  'sign-in-again': {
    session: { ...signedOut, browser: true },
    lets: signingIn,
    rows: day(),
    totals: { ...moving, speed: 0, secondsLeft: null, overview: { kind: 'signed-out', since: at('16:02') } },
    then: ({ press }) => press('.bar .primary'),
  },
  opening: {
    session: connected,
    silent: true,
    then: async ({ shown }) => {
      await shown('.center');
    },
  },
  empty: { session: connected },
  'empty-one-place': { session: onePlace },
  'empty-nowhere': { session: noPlace },
  'empty-nowhere-waiting': { session: noPlace, then: ({ fake }) => fake.tell({ kind: 'added', inbox }) },
  'menu-add-nowhere': { ...list, session: noPlace, then: ({ press }) => press('.bar [aria-haspopup]') },
  'drop-nowhere': hover(noPlace, 400, 300),
  'empty-signed-out': { session: signedOut },
  'empty-places': { session: connected, then: ({ press }) => press('.pick') },
  'drop-one-place': hover(onePlace, 500, 300),
  'drop-several-places': hover(connected, 400, 300, day()),
  'drop-signed-out': hover(signedOut, 400, 300, day()),
  'drop-somewhere-else': {
    ...list,
    then: ({ fake }) => fake.tell({ kind: 'added', inbox }),
  },
  list,
  'list-open': { ...list, then: ({ press }) => press(`[data-item='1'] .twist`) },
  'list-all-files': {
    ...list,
    then: async ({ press }) => {
      await press(`[data-item='1'] .twist`);
      await press('.kids .link');
    },
  },
  'list-all-files-late': {
    ...list,
    files: 'late',
    then: async ({ press }) => {
      await press(`[data-item='1'] .twist`);
      await press('.kids .link');
    },
  },
  'list-all-files-unread': {
    ...list,
    files: problem('unexpected'),
    then: async ({ press }) => {
      await press(`[data-item='1'] .twist`);
      await press('.kids .link');
    },
  },
  'list-all-files-none': {
    ...list,
    then: async ({ press, type }) => {
      await press(`[data-item='1'] .twist`);
      await press('.kids .link');
      await type('.sheet input', 'board 2025');
    },
  },
  states: { session: connected, rows: stated, totals: { ...moving, secondsLeft: null } },
  folders: { session: connected, rows: folders, totals: moving },
  'folders-open': {
    session: connected,
    rows: folders,
    totals: moving,
    peek: { problems: [], sending: [], done: 98, waiting: 0 },
    then: ({ press }) => press(`[data-item='8'] .twist`),
  },
  ...Object.fromEntries(
    problems.flatMap((_, first) => (first % 10 === 0 ? [[`problems-${first / 10 + 1}`, problemsFrom(first)]] : [])),
  ),
  find: finding('fjord'),
  'find-none': finding('board 2025'),
  'find-none-moving': {
    ...finding('board 2025'),
    then: async (stage) => {
      await stage.press('.tab:nth-of-type(2)');
      await find(stage, 'board 2025');
    },
  },
  shortcuts: { ...list, then: ({ key }) => key('Control+/') },
  'shortcuts-mac': { ...list, platform: 'macos', then: ({ key }) => key('Control+/') },
  'filter-moving': { ...list, then: ({ press }) => press('.tab:nth-of-type(2)') },
  // Of what was cancelled nothing is uploaded.
  'needs-you-done': needing(['Done']),
  'needs-you-cancelled': needing(['Done', 'Cancelled']),
  'filter-needs-you': { ...list, then: ({ press }) => press('.tab:nth-of-type(3)') },
  'filter-none': {
    session: connected,
    rows: stated.slice(0, 3),
    totals: moving,
    then: ({ press }) => press('.tab:nth-of-type(4)'),
  },
  'overview-paused': {
    session: connected,
    rows: stated.slice(3, 4),
    totals: { ...moving, speed: 0, overview: { kind: 'paused' } },
  },
  'overview-offline': {
    session: connected,
    rows: stated.slice(7, 8),
    totals: { ...moving, speed: 0, overview: { kind: 'offline' } },
  },
  'overview-stuck': {
    session: connected,
    rows: stated.slice(7, 8),
    totals: { ...moving, speed: 0, overview: { kind: 'stuck', code: 'disk-full' } },
  },
  waiting: { session: connected, rows: awaiting, totals: { ...moving, secondsLeft: null } },
  ...Object.fromEntries(
    Object.entries(waiting).map(([name, wait], id): [string, Scenario] => [
      `waiting-${name}`,
      details(id + 1, { rows: awaiting, totals: { ...moving, speed: 0, secondsLeft: null, overview: wait } }),
    ]),
  ),
  'waiting-password': {
    ...details(1, {
      rows: awaiting.slice(0, 2).map((row) => ({ ...row, state: password })),
      totals: { ...moving, speed: 0, secondsLeft: null, overview: password },
    }),
    network: byProxy,
  },
  'signed-out': {
    session: signedOut,
    rows: held(),
    totals: { ...moving, speed: 0, secondsLeft: null, overview: { kind: 'signed-out', since: at('16:02') } },
  },
  'signed-out-asking': {
    session: signedOut,
    rows: held(),
    totals: { ...moving, speed: 0, secondsLeft: null, overview: { kind: 'signed-out', since: at('16:02') } },
    then: ({ press }) => press('.bar .primary'),
  },
  'overview-done': {
    session: connected,
    rows: day().slice(9),
    totals: { sent: 60.3e9, size: 60.3e9, overview: { kind: 'all-done', items: 14, size: 4.11e12 } },
  },
  'overview-done-before': {
    session: connected,
    rows: day().slice(9),
    totals: { sent: 60.3e9, size: 60.3e9, overview: { kind: 'all-done', items: 0, size: 0 } },
  },
  'overview-nothing-left': {
    session: connected,
    rows: stated.slice(-1),
    totals: { sent: 0, size: 0, overview: { kind: 'empty' } },
  },
  'details-uploading': details(2),
  'details-failed': details(3),
  'details-waiting': details(6),
  'details-folder': details(1),
  'details-computer-busy': problemOf('computer-busy'),
  'details-no-checksums': problemOf('no-checksums'),
  'details-already-there': problemOf('already-there'),
  'details-too-large': problemOf('too-large'),
  'details-upload-expired': problemOf('upload-expired'),
  'details-file-missing': problemOf('file-missing'),
  'details-name-refused': problemOf('name-refused'),
  'details-destination-gone': problemOf('destination-gone'),
  'details-clock-wrong': problemOf('clock-wrong'),
  'details-proxy-auth': { ...problemOf('proxy-auth'), network: byProxy },
  'details-client-too-old': {
    ...problemOf('client-too-old'),
    updates: { kind: 'ready', version: '1.4.0', trouble: null },
  },
  'menu-destination': {
    ...problemOf('destination-gone'),
    then: ({ press }) => press(`[data-item='1'] .chooses`),
  },
  'details-way-measuring': details(2, {
    ...list,
    way: { kind: 'direct', why: 'measuring', accelerated: null, direct: 10e6 },
  }),
  'details-way-blocked': details(2, {
    ...list,
    way: { kind: 'direct', why: 'other-blocked', accelerated: null, direct: 10e6 },
  }),
  'details-way-slower': details(2, {
    ...list,
    way: { kind: 'direct', why: 'other-slower', accelerated: 8e6, direct: 10e6 },
  }),
  'details-way-only': details(2, { ...list, way: null }),
  'details-done': details(10),
  'several-selected': {
    ...list,
    then: async ({ press, key }) => {
      await press(`[data-item='2']`);
      await key('Shift+ArrowDown');
      await key('Shift+ArrowDown');
    },
  },
  'menu-several': {
    ...list,
    then: async ({ press, key }) => {
      await press(`[data-item='9']`);
      await key('Shift+ArrowDown');
      await press(`[data-item='10'] [aria-haspopup]`);
    },
  },
  pausing: {
    ...list,
    pausesLate: true,
    then: async ({ press, key }) => {
      await press(`[data-item='2']`);
      await key(' ');
    },
  },
  'details-pausing': {
    ...list,
    pausesLate: true,
    then: async ({ press, key }) => {
      await press(`[data-item='2']`);
      await key('Enter');
      await key(' ');
    },
  },
  names: { session: connected, rows: hardNames, totals: moving },
  'names-toast': {
    session: connected,
    rows: hardNames,
    totals: moving,
    then: async ({ press, key }) => {
      await press(`[data-item='2']`);
      await key('Delete');
    },
  },
  'menu-add': { ...list, then: ({ press }) => press('.bar [aria-haspopup]') },
  'menu-row': { ...list, then: ({ press }) => press(`[data-item='2'] [aria-haspopup]`) },
  'menu-company': { ...list, then: ({ press }) => press('.side-foot > :last-child .side-btn') },
  'menu-row-in-line': {
    ...list,
    rows: [...day().slice(0, 9), row(12, names.town, { kind: 'queued', ahead: 3 }), ...day().slice(9)],
    then: ({ press }) => press(`[data-item='9'] [aria-haspopup]`),
  },
  'limit-none': { ...list, totals: { ...moving, limit: { rate: null, paused: false, until: null, why: 'usual' } } },
  'limit-menu': { ...list, then: ({ press }) => press('.side-foot .side-btn') },
  'limit-menu-chosen': {
    ...list,
    totals: { ...moving, speed: 2.4e6, limit: { ...limited, rate: 2.5e6, why: 'chosen' } },
    then: ({ press }) => press('.side-foot .side-btn'),
  },
  'limit-paused': pausedBySchedule,
  'paused-for-an-hour': pausedForAnHour,
  'paused-metered': restsFor('metered'),
  'paused-battery': restsFor('battery'),
  'details-paused-by-schedule': details(2, pausedBySchedule),
  watched: watched(),
  'watched-none': watched([]),
  'watched-asks': watched([watch(1, { doing: { kind: 'asks', files: 1_204, bytes: 3.1e12 } })]),
  'watched-checking': watched([watch(1, { doing: { kind: 'checking' } })]),
  'watched-elsewhere': watched([watch(1, { doing: { kind: 'elsewhere', process: 4711 } })]),
  'watched-failed': watched([watch(1, { counts: { ...watch(0).counts, failed: 2, done: 12 } })]),
  'watched-away': watched([watch(1, { doing: { kind: 'away', other: false } })]),
  'watched-problem': watched([watch(1, { problem: 'file-unreadable' })]),
  'watched-rest': watched(watches(), ({ press }) => press('.bar .quiet')),
  'watched-look': watched(watches(), async ({ press }) => {
    await press('.wrow .ib[aria-haspopup]');
    await press('.menu button:nth-of-type(2)');
  }),
  'watched-edit-details': watched(
    [
      watch(1, {
        notices: { kind: 'polls', why: 'limit', most: 65_536 },
        counts: { ...watch(0).counts, done: 12, stillWritten: 1, placeholders: 3, passed: 1 },
        lost: 2,
        recovered: 14,
        warning: { code: 'file-stays', file: 'day 3/cut.mov' },
        wishes: wishes({ settle: 45, after: 'delete', collision: 'fail' }),
      }),
    ],
    async ({ press, shown }) => {
      await press('.wrow .ib[aria-haspopup]');
      await press('.menu button');
      (await shown('.sheet .told')).scrollIntoView();
    },
  ),
  'watched-edit-elsewhere': watched(watches(), async ({ press }) => {
    await press('.wrow .ib[aria-haspopup]');
    await press('.menu button');
    await press('.sheet .pick');
    await press('.sheet .menu button:nth-of-type(2)');
  }),
  'settings-general': settings({}, ({ press }) => press('#tab-general')),
  'settings-general-dark': settings({}, async ({ press }) => {
    await press('#tab-general');
    await press('.seg label:last-of-type input');
  }),
  'settings-general-mac': settings({ platform: 'macos' }, ({ press }) => press('#tab-general')),
  'settings-general-no-tray': settings({ noTray: true }, ({ press }) => press('#tab-general')),
  'settings-updates-ready': updates({ kind: 'ready', version: '1.4.0', trouble: null }),
  'settings-updates-failed': updates({ kind: 'ready', version: '1.4.0', trouble: 'not-installed' }),
  'settings-updates-fetching': updates({ kind: 'fetching', version: '1.4.0', percent: 41 }),
  'settings-updates-looking': updates({ kind: 'looking' }),
  'settings-updates-finishing': updates({ kind: 'ready', version: '1.4.0', trouble: null }, ({ press }) =>
    press('.updates .btn'),
  ),
  'settings-updates-checked': updates({ kind: 'current', checked: null, trouble: 'unreachable' }, ({ press }) =>
    press('.updates .btn'),
  ),
  'settings-updates-unreachable': updates({ kind: 'current', checked: at('13:05'), trouble: 'unreachable' }),
  'settings-updates-not-genuine': updates({ kind: 'current', checked: at('13:05'), trouble: 'not-genuine' }),
  'settings-updates-no-room': updates({ kind: 'current', checked: null, trouble: 'no-room' }),
  'settings-updates-company': updates({ kind: 'off', why: 'company' }),
  'settings-updates-packages': updates({ kind: 'off', why: 'packages' }),
  'settings-updates-place': updates({ kind: 'off', why: 'place' }),
  'settings-updates-build': updates({ kind: 'off', why: 'build' }),
  'update-offered': { ...list, updates: { kind: 'ready', version: '1.4.0', trouble: null } },
  'settings-notifications': settings({}, ({ press }) => press('#tab-notifications')),
  'settings-general-said': settings({ sources: said }, ({ press }) => press('#tab-general')),
  'settings-limits-said': settingsLimits({ sources: said }),
  quit: { ...list, then: ({ fake }) => fake.tell({ kind: 'quitting', uploading: 4 }) },
  'quit-one': {
    ...list,
    then: async ({ press, fake }) => {
      await press('.nav [href="#settings"]');
      fake.tell({ kind: 'quitting', uploading: 1 });
    },
  },
  'settings-general-refused': settings({ noLogin: problem('unexpected') }, async ({ press }) => {
    await press('#tab-general');
    await press('.opt [role=switch]');
  }),
  'watched-more': watched(watches(), ({ press }) => press('.wrow .ib[aria-haspopup]')),
  'watched-edit': watched(watches(), async ({ press }) => {
    await press('.wrow .ib[aria-haspopup]');
    await press('.menu button');
  }),
  'watched-edit-more': watched(
    [
      watch(1, {
        wishes: wishes({
          under: 'rushes/{date}',
          leftovers: ['.*', '*.tmp'],
          bounds: { least: 1e6, most: null, depth: 2, age: 300 },
          unit: 'top-folder',
          hours: { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: 18 * 60, to: 8 * 60 },
        }),
      }),
    ],
    async ({ press, shown }) => {
      await press('.wrow .ib[aria-haspopup]');
      await press('.menu button');
      (await shown('.sheet .more')).scrollIntoView();
    },
  ),
  'watched-edit-more-below': watched(watches(), async ({ press, shown }) => {
    await press('.wrow .ib[aria-haspopup]');
    await press('.menu button');
    await press('.sheet .more');
    (await shown('.sheet .told')).scrollIntoView();
  }),
  'watched-edit-more-wrong': watched([], async ({ press, change }) => {
    await press('.bar .primary');
    await press('.sheet .more');
    await change('.sheet .sizes input', 'much');
  }),
  'drop-over-sheet': watched(watches(), async ({ press, shown, fake }) => {
    await press('.wrow .ib[aria-haspopup]');
    await press('.menu button');
    await shown('.sheet');
    fake.hover('hover', 400, 300);
  }),
  'watched-new-nowhere': { ...watched([], ({ press }) => press('.bar .primary')), session: noPlace },
  'watched-new': watched([], ({ press }) => press('.bar .primary')),
  history: ended(48_112, async ({ shown }) => {
    await shown('.hrow');
  }),
  'history-search': ended(48_112, async ({ type, press }) => {
    await type('.hbar input', 'fjord');
    await press(`[data-item='14'] [role=gridcell]`);
  }),
  'history-details': ended(48_112, (stage) => into(stage, 11)),
  'history-details-folder': ended(48_112, (stage) => into(stage, 14)),
  'history-details-failed': ended(48_112, (stage) => into(stage, 13)),
  'history-details-cancelled': ended(48_112, (stage) => into(stage, 15)),
  'history-menu': ended(48_112, ({ press }) => press(`[data-item='13'] [aria-haspopup]`)),
  'history-when': ended(48_112, ({ press }) => press('.hbar .pick')),
  'history-places': ended(48_112, ({ press }) => press('.hbar > :nth-child(4) .pick')),
  'history-none': ended(400, async (stage) => {
    await picked(stage, 2, 3);
    await picked(stage, 3, 3);
    await stage.type('.hbar input', 'board 2025');
    await stage.shown('.nothing');
  }),
  'history-empty': ended(0),
  'history-late': {
    ...ended(3, async ({ shown }) => {
      await shown('.center [role=status]');
    }),
    searched: 'late',
  },
  'history-unread': { ...ended(3), searched: problem('unexpected') },
  'history-few': ended(3),
  'history-names': {
    ...ended(0),
    history: hardNames.map(({ id, name }) => entry(id, name, at('13:48'), { listed: true })),
  },
  'history-grows': ended(48_112, async ({ fake, shown }) => {
    await shown('.hrow');
    fake.ended(entry(22, 'just now.mov', at('16:02')));
    await shown(`[data-item='22']`);
  }),
  'settings-limits': settingsLimits(),
  'settings-limits-mac': settingsLimits({ platform: 'macos' }),
  'settings-limits-usual': settingsLimits({ limits: { ...limits, usual: 20e6 } }),
  'settings-limits-off': settingsLimits({ limits: { ...limits, scheduled: false, usual: 2.5e6 } }),
  'settings-limits-empty': settingsLimits({ limits: { usual: null, scheduled: true, times: [] } }),
  'settings-limits-night': settingsLimits({
    limits: {
      usual: 200e6,
      scheduled: true,
      times: [
        { days: ['mon', 'wed', 'fri'], from: 22 * 60, to: 6 * 60 + 30, rule: { kind: 'pause' } },
        { days: ['sat', 'sun'], from: 0, to: 0, rule: { kind: 'limit', rate: 2.5e6 } },
      ],
    },
  }),
  'settings-limits-days': settingsLimits({}, ({ press }) => press('.rule .pick')),
  'settings-limits-wrong': settingsLimits({ limits: { ...limits, usual: 20e6 } }, async ({ change }) => {
    await change('.opt .in input', '0');
    await change('.rule .in input', 'noon');
  }),
  'settings-limits-removed': settingsLimits({}, ({ press }) => press('.rule .ib')),
  'settings-connection': settings({ checked: found }),
  'settings-connection-away': settings({ session: away }),
  'settings-connection-keychain': settings({
    session: { ...connected, unkept: 'keychain-unavailable' },
    network: { ...byProxy, unkept: 'keychain-unavailable' },
  }),
  'settings-connection-said': settings({
    sources: said,
    network: {
      ...byProxy,
      choice: { kind: 'fixed', address: 'http://proxy.nordlys.example:3128/' },
      from: 'person',
    },
  }),
  'settings-connection-proxy': settings({ network: byProxy }),
  'settings-connection-password': settings({ network: { ...byProxy, hasPassword: false } }, async ({ press }) => {
    await press('.grp:last-of-type .opt:last-of-type .btn');
  }),
  'settings-connection-by-hand': settings({}, async ({ press, change }) => {
    await press('.grp:last-of-type .pick');
    await press('.grp:last-of-type .menu button:nth-of-type(3)');
    await change('.grp:last-of-type input', 'ada:secret@proxy');
  }),
  'settings-connection-places': settings({}, ({ press }) => press('.grp:nth-of-type(2) .pick')),
  'settings-connection-moving': settings({}, ({ press }) => press('.opt .btn')),
  'settings-diagnostics': diagnostics({ checked: found }),
  'settings-diagnostics-never': diagnostics(),
  'settings-diagnostics-checking': diagnostics({ finds: found.slice(0, 4) }, async ({ press, shown }) => {
    await press('.head .btn');
    await shown('.check [role=status]');
  }),
  'settings-diagnostics-wrong': diagnostics({ checked: troubled, network: { ...byProxy, hasPassword: false } }),
  'settings-diagnostics-signed-out': diagnostics({ session: signedOut, checked: troubled }),
  'settings-diagnostics-forget': diagnostics({ checked: found.slice(0, 2) }, ({ press }) => press('.opt .danger')),
  'settings-diagnostics-forgetting': diagnostics({ checked: found.slice(0, 2), left: 'late' }, forgets),
  'settings-diagnostics-fixed': diagnostics({
    checked: found.slice(0, 2),
    sources: [{ name: 'server', source: 'policy', locked: true }],
  }),
  'welcome-forgotten': diagnostics({ left: 2 }, forgets),
  'settings-diagnostics-log': diagnostics({ checked: found.slice(0, 2) }, ({ press }) => press('.opt [role=switch]')),
  'toast-cancelled': {
    ...list,
    then: async ({ press, key }) => {
      await press(`[data-item='2']`);
      await key('Delete');
    },
  },
  'toast-removed': {
    ...list,
    then: async ({ press, key }) => {
      await press(`[data-item='10']`);
      await key('Delete');
    },
  },
  'toast-cleared': { ...list, then: ({ press }) => press('.filters .quiet') },
  'toast-link': { ...list, then: ({ press }) => press(`[data-item='10'] .act .ib`) },
  'many-rows': { session: connected, rows: many, totals: moving },
  macos: { ...list, platform: 'macos' },
  windows: { ...list, platform: 'windows' },
  // The words stay English, whatever the formats of the system.
  'formats-german': { ...list, formats: { numbers: 'de-DE', times: 'de-DE' } },
  'formats-french': { ...ended(48_112), formats: { numbers: 'fr-FR', times: 'fr-FR' } },
};
