import type { Counts, Row, WatchView, Wishes } from '../ipc';

/** A row for tests: of one file that uploads, where nothing else is said. */
export const row = (id: number, is: Partial<Row> = {}): Row => ({
  id,
  batch: 1,
  name: `${id}.mov`,
  destination: 'Rushes',
  size: 9,
  sent: 0,
  speed: 0,
  secondsLeft: null,
  state: { kind: 'uploading' },
  folder: null,
  added: 0,
  fact: null,
  ...is,
});

/** What most people wish, with some of what is never taken. */
export const usual: Wishes = {
  name: '',
  under: '',
  lines: [],
  leftovers: ['.*', '~$*', '*.tmp', '*.part', '*.partial', '*.crdownload', 'Thumbs.db', 'desktop.ini'],
  bounds: { least: null, most: null, depth: null, age: null },
  allowEmpty: true,
  settle: 10,
  after: 'keep',
  collision: 'suffix',
  unit: 'each-file',
  whileWritten: false,
  hours: null,
  priority: 'below',
  mode: 'auto',
  moved: 'ignored',
  changed: 'begun-anew',
  links: 'skipped',
  placeholders: 'skipped',
};

/** Of no file. */
export const counts: Counts = {
  settling: 0,
  stillWritten: 0,
  waiting: 0,
  moving: 0,
  stalled: 0,
  done: 0,
  today: 0,
  failed: 0,
  placeholders: 0,
  passed: 0,
  unreadable: 0,
  refused: 0,
};

/** A watched folder in which nothing happened yet, where nothing else is said. */
export const watch = (id: number, is: Partial<WatchView> = {}): WatchView => ({
  id,
  name: 'Ingest',
  folder: '/media/raid-02/Ingest',
  drive: null,
  destination: 'Projects / Rushes',
  to: 'rushes',
  wishes: usual,
  doing: { kind: 'watching' },
  notices: { kind: 'live' },
  counts,
  lost: 0,
  recovered: 0,
  checked: null,
  lastDone: null,
  lastEvent: null,
  problem: null,
  warning: null,
  ...is,
});
