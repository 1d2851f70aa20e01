// A watched folder in words.
import type { After, ErrorCode, Line, Notices, WatchView, Wishes } from '../ipc';
import type { Choice } from '../parts/choice';
import { clock, place, roughSize, sameDay } from '../state/format';
import { sentence } from '../state/wishes';
import { capital, date, errors, list, text } from '../text';

const say = text.watched;
const DAY = 86_400;

/** The two lines at the right of a row. */
export function standing(watch: WatchView, now: number): [string, string] {
  const { counts, doing } = watch;
  if (doing.kind === 'paused') return [say.paused, say.since(when(doing.since, now))];
  if (doing.kind === 'asks') return [say.asks, say.there({ n: doing.files, size: roughSize(doing.bytes) })];
  if (doing.kind === 'checking') return [say.checking, ''];
  if (counts.moving > 0) return [say.uploading(counts.moving), say.today(counts.today)];
  // What is written to for very long is told so where nothing else is to come.
  if (counts.settling > counts.stillWritten) return [say.written, say.files(counts.settling)];
  if (counts.stalled > 0) return [say.stalled, say.files(counts.stalled)];
  if (counts.settling > 0) return [say.longWritten, say.files(counts.settling)];
  if (counts.waiting > 0) return [say.waiting, say.files(counts.waiting)];
  const last = watch.lastDone === null ? '' : say.last(when(watch.lastDone, now));
  return [say.upToDate, last];
}

/** It is drawn anew at midnight alone. */
function when(at: number, now: number): string {
  if (sameDay(at, now / 1000)) return clock(at);
  return date(at * 1000, now / 1000 - at < 6 * DAY ? { weekday: 'long' } : { dateStyle: 'medium' });
}

/** What is wrong with a folder, in one sentence, and the one thing to do about it, where there is one. */
export interface Trouble {
  words: string;
  todo: 'another' | 'show' | 'check' | 'which' | null;
}

/** Nothing where nothing is wrong. */
export function trouble(watch: WatchView): Trouble | null {
  const { doing, counts, problem } = watch;
  if (doing.kind === 'away') return { words: doing.other ? say.other : away(watch.drive), todo: 'another' };
  if (doing.kind === 'elsewhere') return { words: elsewhere(doing.process), todo: null };
  if (counts.failed > 0) return { words: say.failed(counts.failed), todo: 'show' };
  if (problem === null) return null;
  return isCounted(watch)
    ? { words: passed(watch)[0] ?? '', todo: 'which' }
    : { words: sentence(problem), todo: 'check' };
}

/** Whether a folder is counted among what needs somebody. Files of it that do are counted in the list. */
export function needsSomebody(watch: WatchView): boolean {
  const { doing, counts, problem } = watch;
  return doing.kind === 'away' || (doing.kind !== 'elsewhere' && counts.failed === 0 && problem !== null);
}

const away = (drive: string | null): string => (drive === null ? say.away : say.awayDrive(drive));

/** Its number is a name: it has no groups. */
const elsewhere = (process: number | null): string =>
  process === null ? say.elsewhere : say.elsewhereProcess(String(process));

/** Whether the problem is of some in the folder, and not of the folder. */
function isCounted({ counts, problem }: WatchView): boolean {
  return (problem === 'file-unreadable' && counts.unreadable > 0) || (problem === 'name-refused' && counts.refused > 0);
}

/** What somebody has to do something about before it can be uploaded. */
function passed({ counts }: WatchView): string[] {
  return [...some(counts.unreadable, say.unreadable), ...some(counts.refused, say.badNames)];
}

function some(n: number, words: (n: number) => string): string[] {
  return n > 0 ? [words(n)] : [];
}

/** What stands in no row: how changes are noticed, and what was counted. */
export function details(watch: WatchView, now: number): string[] {
  const { counts, checked, lost, recovered, problem, warning } = watch;
  return [
    noticed(watch.notices),
    ...(watch.lastEvent === null ? [] : [say.event(when(watch.lastEvent, now))]),
    checked === null ? say.unchecked : say.checked(when(checked, now)),
    lost + recovered > 0 ? say.lost({ lost, found: recovered }) : say.noneLost,
    ...some(counts.stillWritten, say.stillWritten),
    ...some(counts.placeholders, say.inCloud),
    ...some(counts.passed, say.passed),
    ...passed(watch),
    ...(problem === null || isCounted(watch) ? [] : [sentence(problem)]),
    ...(warning === null ? [] : [say.stays({ name: warning.file, why: stays(warning.code) })]),
  ];
}

function stays(code: ErrorCode): string {
  return [errors[code].row, errors[code].todo].filter(Boolean).join(' ');
}

function noticed(notices: Notices): string {
  if (notices.kind === 'live') return say.live;
  if (notices.why === 'limit') return say.limit(notices.most);
  return notices.why === 'instances' ? say.instances(notices.most) : say.polls[notices.why];
}

/** A file in a folder of the watched one, and what it becomes; none where there is no such file. */
export function example(taken: string[], destination: string, under: string): [string, string] | null {
  const path = taken.find((one) => one.includes('/'));
  if (path === undefined) return null;
  const last = place(destination).split(' › ').at(-1) ?? '';
  return [path, [last, ...under.split('/'), path].filter((part) => part !== '').join('/')];
}

/** "Video and sound files, then move to _uploaded", ".czi and .lif, keep after upload". */
export function rule(wishes: Wishes): string {
  const included = wishes.lines.filter((line) => line.kind === 'include').map((line) => line.pattern);
  return say.then[wishes.after](included.length === 0 ? say.allFiles : (kinds(included) ?? list(included.map(ending))));
}

type Kind = keyof typeof say.kinds;
/** What files that end so are to people. */
const ENDINGS: Record<Kind, readonly string[]> = {
  video: ['mov', 'mxf', 'mp4', 'm4v', 'avi', 'mkv', 'mpg', 'mpeg', 'mts', 'm2ts', 'webm', 'braw', 'r3d', 'ari'],
  sound: ['wav', 'bwf', 'aif', 'aiff', 'flac', 'mp3', 'm4a', 'aac', 'ogg'],
  picture: [
    'jpg',
    'jpeg',
    'png',
    'tif',
    'tiff',
    'heic',
    'webp',
    'gif',
    'psd',
    'dng',
    'cr2',
    'cr3',
    'nef',
    'arw',
    'raf',
  ],
  pdf: ['pdf'],
};
const KINDS = Object.keys(ENDINGS) as Kind[];

const endingOf = (pattern: string): string | null => /^\*\.(\w+)$/.exec(pattern)?.[1] ?? null;
/** ".mov" of "*.mov"; another pattern is what it is. */
const ending = (pattern: string): string => (endingOf(pattern) === null ? pattern : pattern.slice(1));

/** Whole kinds, where all of them are of such: of one ending alone a kind would be too much said, but where there is no other. */
function kinds(patterns: string[]): string | null {
  const found = patterns.map((pattern) =>
    KINDS.find((kind) => ENDINGS[kind].includes(endingOf(pattern)?.toLowerCase() ?? '')),
  );
  const all = KINDS.filter((kind) => found.includes(kind));
  const several = (kind: Kind) => ENDINGS[kind].length === 1 || patterns.length > 1;
  if (found.includes(undefined) || !all.every(several)) return null;
  return capital(say.filesOf(list(all.map((kind) => say.kinds[kind]))));
}

/** How long a file has to be unchanged. */
export const settled = (seconds: number): string =>
  seconds < 60 ? say.settledSeconds(seconds) : say.settledMinutes(Math.round(seconds / 60));

/** The last name of a path. */
export const lastOf = (path: string): string => path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;

/** What becomes of files of this folder, and when. */
export const afterHint = (after: After, folder: string): string =>
  after === 'move' ? say.afterHint.move(folder) : say.afterHint[after];

/** A line as a chip: what is left begins with "not". */
export function chip(line: Line): string {
  return line.kind === 'include' ? line.pattern : say.not(line.pattern);
}

/** What was typed into a chip. */
export function lineOf(typed: string): Line | null {
  const words = typed.trim();
  const not = [`${say.notWritten} `, '!'].find((sign) => words.toLowerCase().startsWith(sign));
  const pattern = words.slice(not?.length).trim();
  if (not && pattern) return { kind: 'exclude', pattern };
  return words === '' ? null : { kind: 'include', pattern: words };
}

/** What can be chosen, in the order of its words. */
export function choicesOf<T extends string>(
  words: Record<T, string>,
  now: NoInfer<T>,
  run: (chosen: T) => void,
): Choice[] {
  const all = Object.keys(words) as T[];
  return all.map((one) => ({ label: words[one], checked: one === now, run: () => run(one) }));
}
