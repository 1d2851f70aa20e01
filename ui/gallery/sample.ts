// A day at a studio: the rows and details that the scenarios share.
import type {
  Details,
  EntryView,
  ErrorCode,
  FileRow,
  Folder,
  Happening,
  LimitNow,
  Limits,
  Peek,
  Row,
  RowState,
  Wait,
  WatchView,
  Wishes,
} from '../src/ipc';
import { counts, usual, watch as known } from '../src/state/sample';

const GB = 1e9;

/** The gallery's "now": 23 November 2026, 16:02:30 UTC. */
export const NOW = Date.UTC(2026, 10, 23, 16, 2, 30);

/** Today at this clock. */
export const at = (clock: string): number => Date.parse(`2026-11-23T${clock}:00Z`) / 1000;

export function row(id: number, name: string, state: RowState, more: Partial<Row> = {}): Row {
  return {
    id,
    batch: 1,
    name,
    destination: 'Projects / Fjord documentary / Interviews',
    size: 10 * GB,
    sent: 0,
    speed: 0,
    secondsLeft: null,
    state,
    folder: null,
    added: at('09:00'),
    fact: null,
    ...more,
  };
}

/** As people at the studio wish it. */
export const wishes = (more: Partial<Wishes> = {}): Wishes => ({ ...usual, settle: 30, ...more });

export const watch = (id: number, more: Partial<WatchView> = {}): WatchView =>
  known(id, {
    destination: 'Projects / Fjord documentary / Rushes',
    wishes: wishes(),
    checked: at('15:40'),
    ...more,
  });

/** As in the mockups. */
export const watches = (): WatchView[] => [
  watch(1, {
    name: 'Camera ingest',
    wishes: wishes({
      lines: [
        { kind: 'include', pattern: '*.mov' },
        { kind: 'include', pattern: '*.mxf' },
        { kind: 'include', pattern: '*.wav' },
        { kind: 'exclude', pattern: '*.tmp' },
      ],
      after: 'move',
    }),
    counts: { ...counts, moving: 3, done: 1_204, today: 142 },
  }),
  watch(2, {
    name: 'Slide scanner',
    folder: '/media/LAB-NAS/scanner/export',
    destination: 'Lab / Slides / 2026',
    counts: { ...counts, settling: 2, done: 18 },
    notices: { kind: 'polls', why: 'remote' },
  }),
  watch(3, {
    name: 'Confocal microscope',
    folder: '/media/MICROSCOPE/Acquisitions/2026',
    destination: 'Lab / Confocal',
    wishes: wishes({
      lines: [
        { kind: 'include', pattern: '*.czi' },
        { kind: 'include', pattern: '*.lif' },
      ],
    }),
    counts: { ...counts, done: 31 },
    lastDone: at('11:02'),
  }),
  watch(4, {
    name: 'Photo desk',
    folder: '/media/mara/PHOTO-SSD/in',
    drive: 'PHOTO-SSD',
    doing: { kind: 'away', other: false },
  }),
  watch(5, {
    name: 'Office scans',
    folder: '/home/mara/Documents/Scans',
    destination: 'Office / Scans',
    wishes: wishes({ lines: [{ kind: 'include', pattern: '*.pdf' }], after: 'trash' }),
    doing: { kind: 'paused', since: at('09:00') - 3 * 86_400 },
    counts: { ...counts, done: 240 },
  }),
];

const DAY_S = 86_400;

export const entry = (item: number, name: string, ended: number, more: Partial<EntryView> = {}): EntryView => ({
  item,
  ended,
  result: 'done',
  name,
  destination: 'Projects / Fjord documentary / Rushes',
  files: 1,
  size: GB,
  folder: false,
  listed: false,
  again: true,
  link: (more.result ?? 'done') === 'done',
  ...more,
});

/** What ended lately, as in the mockups. */
function lately(): EntryView[] {
  const masters = { destination: 'Projects / Fjord documentary / Masters' };
  const sound = { destination: 'Projects / Fjord documentary / Sound', folder: true, files: 412 };
  const yesterday = (clock: string) => at(clock) - DAY_S;
  const friday = (clock: string) => at(clock) - 3 * DAY_S;
  const take = (n: string, one: string) => `A001_C00${n}_1121KX_fjord-crossing_timelapse_12bit_take-0${one}.mxf`;
  const rushes = { folder: true, files: 7_946 };
  return [
    entry(11, 'fjord_aerials_graded_v3_ProRes422HQ.mov', at('13:48'), { ...masters, size: 214.6 * GB, listed: true }),
    entry(12, 'Fjord sound, day 06', at('11:20'), { ...sound, size: 48.2 * GB, listed: true }),
    entry(13, 'fjord-proxy-batch-11.zip', at('09:57'), {
      destination: 'Projects / Fjord documentary / Proxies',
      size: 12.9 * GB,
      result: 'failed',
      listed: true,
    }),
    entry(14, 'Fjord documentary, camera originals, day 06', yesterday('21:36'), { ...rushes, size: 2.18e3 * GB }),
    entry(15, 'fjord_titles_test.mov', yesterday('16:12'), { ...masters, size: 3.4 * GB, result: 'cancelled' }),
    entry(16, take('9', '2'), yesterday('15:03'), { size: 386 * GB }),
    entry(17, take('8', '1'), yesterday('12:41'), { size: 379.4 * GB }),
    entry(18, 'Stills for press, fjord set', friday('17:30'), {
      destination: 'Photos / 2026 / 11',
      folder: true,
      files: 214,
      size: 9.7 * GB,
    }),
    entry(19, 'fjord_interviews_sync_v1.drp', friday('09:14'), {
      destination: 'Projects / Fjord documentary / Edit',
      size: 0.612 * GB,
    }),
    entry(20, 'Fjord sound, day 05', friday('08:40'), { ...sound, size: 51 * GB }),
    entry(21, 'Fjord documentary, camera originals, day 05', friday('06:12'), { ...rushes, size: 1.96e3 * GB }),
  ];
}

/** So many entries, the oldest of them some years ago. */
export function history(count: number): EntryView[] {
  const some = lately();
  const places = ['Lab / Slides / 2026', 'Board / 2026', 'Photos / 2026 / 11', 'Projects / Internal / Town hall'];
  const stems = ['slide', 'board-meeting', 'IMG', 'town-hall', 'survey'];
  const first = at('05:00') - 3 * DAY_S;
  const rest = Array.from({ length: Math.max(0, count - some.length) }, (_, nth) => {
    const fjord = nth % 237 === 5;
    const name = fjord ? `fjord_${nth}_graded.mov` : `${stems[nth % 5] ?? ''}_${String(nth).padStart(5, '0')}.tif`;
    const to = fjord ? {} : { destination: places[nth % 4] ?? '' };
    const result = nth % 19 === 3 ? 'failed' : nth % 23 === 4 ? 'cancelled' : 'done';
    return entry(100 + nth, name, first - nth * 2_400, { ...to, size: (fjord ? 120 : 0.42) * GB, result });
  });
  return [...some, ...rest].slice(0, count);
}

export function folder(files: number, done: number, more: Partial<Folder> = {}): Folder {
  return { files, done, needsYou: 0, skipped: 0, counting: false, peek: null, ...more };
}

const file = (id: number, path: string, state: RowState, size: number, sent: number): FileRow => ({
  id,
  path,
  state,
  size: size * GB,
  sent: sent * size * GB,
  fact: null,
});

export const peek: Peek = {
  problems: [file(1, 'A007_C005.mxf', { kind: 'failed', code: 'file-in-use' }, 12.4, 0)],
  sending: [
    file(2, 'CARD_A/A007_C003_1122QX_long-lens_pier-and-harbour_handheld.mxf', { kind: 'uploading' }, 18.6, 0.64),
    file(3, 'CARD_A/A007_C004_1122QX_long-lens_pier-and-harbour_tripod.mxf', { kind: 'uploading' }, 22.1, 0.12),
    file(4, 'SOUND/FJORD07_T014.wav', { kind: 'uploading' }, 1.9, 0.88),
  ],
  done: 7946,
  waiting: 4530,
};

export const names = {
  fjord: 'Fjord documentary, camera originals, day 07',
  interview: 'A001_C014_1123KX_harbour-master-interview_take-03_ProRes4444XQ.mov',
  board: 'Board meeting recording 2026-11-20.mp4',
  hull: 'CT_hull-section-B_0.5mm_2026-11-22.tiff-stack.zip',
  map: 'Stavanger_orthomosaic_2cm_2026-11-20_EPSG25832.tif',
  confocal: 'confocal-timelapse_sample-118_ch1-4_z240.czi',
  wedding: 'Wedding Hansen-Okafor, selects and originals',
  slides: 'Slide scanner export, week 47',
  next: 'A001_C015_1123KX_harbour-master-interview_take-04_ProRes4444XQ.mov',
  town: 'Town hall 2026-11-19, full recording.mp4',
  drone: 'drone_flight-22_thermal_raw.zip',
};

/** A wait that nobody need end. */
export const waits = (code: ErrorCode, more: Partial<Wait> = {}): { kind: 'waiting' } & Wait => ({
  kind: 'waiting',
  code,
  drive: null,
  until: null,
  next: 'by-itself',
  ...more,
});

const rushes = 'Projects / Fjord documentary / Rushes';
export const failed = (code: ErrorCode): RowState => ({ kind: 'failed', code });

/** The list of the mockups: one row of every kind that a person meets in a day. */
export function day(): Row[] {
  return [
    row(
      1,
      names.fjord,
      { kind: 'uploading' },
      {
        destination: rushes,
        size: 1_840 * GB,
        sent: 1_180 * GB,
        speed: 18.2e6,
        secondsLeft: 33_000,
        folder: folder(12_480, 7_946, { needsYou: 1 }),
      },
    ),
    row(
      2,
      names.interview,
      { kind: 'uploading' },
      {
        size: 960 * GB,
        sent: 412.8 * GB,
        speed: 20.2e6,
        secondsLeft: 27_000,
      },
    ),
    row(3, names.board, failed('access-denied'), { destination: 'Board / 2026', size: 21.4 * GB }),
    row(4, names.hull, failed('file-changed'), { destination: 'Lab / CT', size: 64 * GB }),
    row(
      5,
      names.map,
      { kind: 'verifying' },
      {
        destination: 'Lab / Survey / Maps',
        size: 84.8 * GB,
        sent: 77.2 * GB,
        secondsLeft: 115,
      },
    ),
    row(6, names.confocal, waits('source-offline', { drive: 'LAB-NAS', next: 'person' }), {
      destination: 'Lab / Confocal',
      size: 76.2 * GB,
      sent: 20.5 * GB,
    }),
    row(
      7,
      names.wedding,
      { kind: 'paused', by: 'you', since: at('14:05') },
      {
        destination: 'Photos / 2026 / 11',
        size: 310 * GB,
        sent: 181 * GB,
        folder: folder(2_210, 1_286),
      },
    ),
    row(
      8,
      names.slides,
      { kind: 'scanning' },
      {
        destination: 'Lab / Slides / 2026',
        size: 412 * GB,
        folder: folder(8_412, 0, { counting: true }),
      },
    ),
    row(9, names.next, { kind: 'queued', ahead: 2 }, { size: 731.4 * GB }),
    row(
      10,
      names.town,
      { kind: 'done', at: at('13:48') },
      {
        destination: 'Projects / Internal / Town hall',
        size: 21.4 * GB,
        sent: 21.4 * GB,
      },
    ),
    row(
      11,
      names.drone,
      { kind: 'done', at: at('11:20') },
      {
        destination: 'Lab / Survey / Flights',
        size: 38.9 * GB,
        sent: 38.9 * GB,
      },
    ),
  ];
}

/** The schedule of the mockups. */
export const limits: Limits = {
  usual: null,
  scheduled: true,
  times: [
    {
      days: ['mon', 'tue', 'wed', 'thu', 'fri'],
      from: 8 * 60,
      to: 18 * 60,
      rule: { kind: 'limit', rate: 50e6 },
    },
    { days: ['sun'], from: 2 * 60, to: 6 * 60, rule: { kind: 'pause' } },
  ],
};

/** What it means now. */
export const limited: LimitNow = { rate: 50e6, paused: false, until: at('18:00'), why: 'schedule' };

/** A pieces map as the engine cuts it: 387 cells. */
const cells = `${'s'.repeat(157)}a${'s'.repeat(4)}n${'s'.repeat(3)}${'n'.repeat(6)}${'t'.repeat(215)}`;

/** What the records have of what ended. */
export function aboutEntry({
  item,
  name,
  destination,
  size,
  files,
  folder: isFolder,
  result,
  ended,
  link,
}: EntryView): Details {
  const states: Record<EntryView['result'], RowState> = {
    done: { kind: 'done', at: ended },
    failed: failed('access-denied'),
    cancelled: { kind: 'cancelled', at: ended },
  };
  const state = states[result];
  const more = { destination, size, sent: result === 'done' ? size : size / 4 };
  const of = details(row(item, name, state, isFolder ? { ...more, folder: folder(files, files) } : more));
  const told = of.story[0]?.at ?? ended;
  const story = of.story.map((line) => ({ ...line, at: line.at - told + ended }));
  const begun = { at: ended - 720, what: { kind: 'added' } as const };
  const last = { at: ended, what: { kind: 'cancelled' } as const };
  const pieces = result === 'done' && !isFolder ? of.pieces : null;
  return {
    ...of,
    ...(isFolder ? { key: null, checksum: null } : {}),
    link,
    pieces,
    story: result === 'cancelled' ? [last, begun] : isFolder ? [...story.slice(0, 1), begun] : story,
  };
}

export function details(of: Row): Details {
  const done = of.state.kind === 'done';
  const bad = of.state.kind === 'failed';
  const base: Details = {
    target: { kind: 'item', id: of.id },
    name: of.name,
    state: of.state,
    size: of.size,
    sent: of.sent,
    speed: of.speed,
    secondsLeft: of.secondsLeft,
    destination: of.destination,
    key: bad ? null : `${of.destination.toLowerCase().replaceAll(' / ', '/').replaceAll(' ', '-')}/${of.name}`,
    proposed:
      of.state.kind === 'failed' && of.state.code === 'name-refused' ? of.name.replace(/\.(?=\w+$)/, '_.') : null,
    from: `/media/RAID-02/Fjord/Day 07/Interviews/${of.name}`,
    written: at('08:51'),
    checksum: done ? 'T9xq3nB8bGk=' : null,
    etag: done && !of.folder ? '"5f2b6e0c9d41a8e7b3c0d2f4a6918e55-319"' : null,
    version: done && !of.folder ? 'kR3vQm9sX1LhT8nYw0aZ5bC7dE2fG4iJ' : null,
    pieces: of.folder || bad ? null : { total: 7153, sent: 3075, pieceSize: 134_217_728, cells, sending: 8, again: 1 },
    files: of.folder?.files ?? null,
    story: [
      { at: at('15:41'), what: { kind: 'trouble', code: 'damaged-on-the-way' } },
      { at: at('15:24'), what: { kind: 'recovered', pieces: 2504 } },
      { at: at('15:20'), what: { kind: 'trouble', code: 'offline' } },
      { at: at('12:30'), what: { kind: 'recovered', pieces: 1574 } },
      { at: at('09:02'), what: { kind: 'started' } },
      { at: at('09:02'), what: { kind: 'added' } },
    ],
    reference: null,
    technical: null,
    fact: of.fact,
    link: true,
    way: { kind: 'accelerated', why: 'faster', accelerated: 21e6, direct: 10e6 },
  };
  if (done)
    return {
      ...base,
      pieces: { total: 319, sent: 319, pieceSize: 67_108_864, cells: 's'.repeat(387), sending: 0, again: 0 },
      story: [
        { at: at('13:48'), what: { kind: 'verified' } },
        { at: at('13:47'), what: { kind: 'sent' } },
        { at: at('13:35'), what: { kind: 'started' } },
      ],
    };
  if (of.state.kind === 'paused') {
    const { by, since } = of.state;
    return { ...base, story: [{ at: since, what: { kind: 'paused', by } }, ...base.story] };
  }
  if (of.state.kind === 'failed') {
    const stopped: Happening = { at: at('14:22'), what: { kind: 'failed', code: of.state.code } };
    const again: Happening = { at: at('14:31'), what: { kind: 'resumed' } };
    // As in the design, where it was tried again.
    const tried = of.state.code === 'access-denied' ? [{ ...stopped, at: at('14:31') }, again] : [];
    return {
      ...base,
      link: false,
      reference: 'AccessDenied 7QF2',
      technical: 'AccessDenied: not authorised to perform s3:PutObject',
      story: [...tried, stopped, { at: at('14:22'), what: { kind: 'added' } }],
    };
  }
  return base;
}
