// A watched folder in words.
import type { Line, WatchView, Wishes } from '../ipc';
import { clock, roughSize } from '../state/format';
import { text } from '../text/en';

const say = text.watched;

/** The two lines at the right of a row. */
export function standing(watch: WatchView, now: number): [string, string] {
  const { counts, doing } = watch;
  if (doing.kind === 'paused') return [say.paused, say.since(when(doing.since, now))];
  if (doing.kind === 'asks') return [say.asks, `${say.files(doing.files)}, ${roughSize(doing.bytes)}`];
  if (doing.kind === 'checking') return [say.checking, ''];
  if (counts.moving > 0) return [say.uploading(counts.moving), say.doneSoFar(counts.done)];
  if (counts.settling > 0) return [say.written, say.files(counts.settling)];
  const last = watch.lastDone === null ? '' : say.last(clock(watch.lastDone));
  return [say.upToDate, last];
}

function when(at: number, now: number): string {
  const day = 86_400;
  if (now / 1000 - at < day / 2) return clock(at);
  return new Intl.DateTimeFormat(
    'en',
    now / 1000 - at < 6 * day ? { weekday: 'long' } : { dateStyle: 'medium' },
  ).format(at * 1000);
}

/** What is wrong, in one sentence; nothing where nothing is. */
export function trouble(watch: WatchView): string | null {
  if (watch.doing.kind === 'away') return say.away(watch.name);
  if (watch.doing.kind === 'elsewhere') return say.elsewhere;
  if (watch.counts.failed > 0) return say.failed(watch.counts.failed);
  return null;
}

/** "*.mov and *.mxf, then move to _uploaded". */
export function rule(wishes: Wishes): string {
  const included = wishes.lines.filter((line) => line.kind === 'include').map((line) => line.pattern);
  const which = included.length === 0 ? say.allFiles : say.list(included);
  return `${which}, ${say.then[wishes.after]}`;
}

/** A line as a chip: what is left begins with "not". */
export function chip(line: Line): string {
  return line.kind === 'include' ? line.pattern : say.not(line.pattern);
}

/** What was typed into a chip. */
export function lineOf(typed: string): Line | null {
  const words = typed.trim();
  const not = /^(?:not\s+|!)(.+)$/i.exec(words);
  if (not?.[1]) return { kind: 'exclude', pattern: not[1].trim() };
  return words === '' ? null : { kind: 'include', pattern: words };
}
