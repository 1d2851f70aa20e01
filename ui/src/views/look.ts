// How a state looks and what it says: the one table behind rows, files and details.
import type { Form } from '../parts/Shape.svelte';
import type { ErrorCode, Fact, RowState, UnixTime, Wait } from '../ipc';
import { clock, clockInRow, farOff, limitSize, place, untilClock, untilTry } from '../state/format';
import { mendOfState } from '../state/mend';
import { errors, text } from '../text';

export interface Look {
  form: Form;
  /** What the shape is called. */
  shape: string;
  /** The state's word. */
  word: string;
  /** What stands under it at the right. */
  under: string;
  /** Before it, where there is room. */
  lead: string;
  /** Instead of the destination, when there is a reason. */
  reason: string | null;
  tone: '' | 'is-bad' | 'is-warn';
  bar: '' | 'rest' | 'hold' | 'scan';
  /** The main button, where the state has one. */
  button: string | null;
  code: ErrorCode | null;
}

/** A row's text has room for this much. */
const ROW = 50;
const base = { under: '', lead: '', reason: null, tone: '', bar: '', button: null, code: null } as const;
const say = text.state;

/** A problem's sentence with its number, where that is known. */
function counted(code: ErrorCode, fact: Fact | null): string | undefined {
  const { rowOver, rowBy } = errors[code];
  if (fact?.kind === 'largest') return rowOver?.(limitSize(fact.size));
  return fact?.kind === 'clock-off' ? rowBy?.(farOff(fact.seconds)) : undefined;
}

/** A problem's sentence, with its number or the destination's name where it has one and there is room. */
export function why(code: ErrorCode, destination: string, told: Fact | null = null): string {
  const { row, rowAt } = errors[code];
  const named = counted(code, told) ?? rowAt?.(place(destination)) ?? row;
  return named.length <= ROW ? named : row;
}

/** The same where there is room, and what to do stands below. */
export function fact(code: ErrorCode, destination: string, told: Fact | null = null): string {
  const { row, at } = errors[code];
  return counted(code, told) ?? at?.(place(destination)) ?? row;
}

/** The drive that is away, where its name fits. */
function awaited(drive: string | null): string | null {
  const named = drive === null ? null : say.forDrive(drive);
  return named !== null && named.length <= ROW ? named : null;
}

/** What a wait is for. */
function waitsFor({ code, drive }: Wait): string {
  const known: Partial<Record<ErrorCode, string>> = say.for;
  return drive === null ? (known[code] ?? '') : say.forThisDrive(drive);
}

/** Until when, where that is far enough to be told. */
function until(wait: Wait, now?: () => number): string | null {
  const { rowIn } = errors[wait.code];
  const time = wait.until === null || !rowIn || !now ? null : untilTry(wait.until, now());
  return time === null || !rowIn ? null : rowIn(time);
}

/** What happens next, and who does it. */
export const next = (code: ErrorCode): string => errors[code].waits ?? text.stopped.goesOn;

/** Where everything waits for the same thing: what for, and what happens next. */
export function whole(wait: Wait, now: () => number): [string, string] {
  const { row, whole: words, rowIn } = errors[wait.code];
  const named = wait.drive === null ? null : text.overview.forDrive(wait.drive);
  const time = rowIn && wait.until !== null ? untilTry(wait.until, now()) : null;
  const what = named !== null && named.length <= ROW ? named : (words ?? row);
  return [what, time === null ? next(wait.code) : text.overview.again({ time, next: next(wait.code) })];
}

/** Both of what stands at the right, where there is room. */
export const led = ({ lead, under }: Look, now = under): string => (lead ? text.state.led({ lead, under: now }) : now);

/** Asked to pause, and the engine has not told that it does. */
export const pausing: Look = { ...base, form: 'paused', shape: say.pausing, word: say.pausing, bar: 'rest' };

/**
 * `now` is read by whoever shows how long a wait lasts, `resumes` is when the schedule lets uploads go on, `told` what a
 * problem is told with, and `today` some time of today: what was on another day is told with its day.
 */
export function lookOf(
  state: RowState,
  destination = '',
  now?: () => number,
  resumes: UnixTime | null = null,
  told: Fact | null = null,
  today?: () => number,
): Look {
  const at = (unix: UnixTime) => (today ? clockInRow(unix, today()) : clock(unix));
  switch (state.kind) {
    case 'queued':
      return { ...base, form: 'queued', shape: text.shape.queued, word: say.queued, under: say.ahead(state.ahead) };
    case 'scanning':
      return { ...base, form: 'scanning', shape: text.shape.scanning, word: say.scanning, bar: 'scan' };
    case 'uploading':
      return { ...base, form: 'uploading', shape: text.shape.uploading, word: say.uploading };
    case 'paused': {
      const paused = { ...base, form: 'paused', shape: text.shape.paused, word: say.paused, bar: 'rest' } as const;
      if (state.by === 'schedule' && resumes !== null && now)
        return { ...paused, lead: say.bySchedule, under: say.until(untilClock(resumes, now())) };
      if (state.by === 'metered') return { ...paused, lead: say.onA, under: say.pausedBy.metered };
      return { ...paused, under: state.by === 'you' ? say.pausedBy.you(at(state.since)) : say.pausedBy[state.by] };
    }
    case 'waiting':
      return {
        ...base,
        form: 'waiting',
        shape: text.shape.waiting(waitsFor(state)),
        word: say.waiting,
        under: waitsFor(state),
        reason: awaited(state.drive) ?? until(state, now) ?? why(state.code, destination),
        bar: 'hold',
        button: mendOfState(state, false) === null ? null : errors[state.code].button,
        code: state.code,
      };
    case 'held':
      return { ...base, form: 'paused', shape: text.shape.held, word: say.waiting, under: say.held, bar: 'rest' };
    case 'verifying':
      return { ...base, form: 'verifying', shape: text.shape.verifying, word: say.verifying, reason: say.checking };
    case 'done':
      return { ...base, form: 'done', shape: text.shape.done, word: say.done, under: at(state.at) };
    case 'failed': {
      const changed = state.code === 'file-changed';
      return {
        ...base,
        form: changed ? 'changed' : 'failed',
        shape: changed ? text.shape.changed : text.shape.failed,
        word: say.failed,
        reason: why(state.code, destination, told),
        tone: changed ? 'is-warn' : 'is-bad',
        button: errors[state.code].button,
        code: state.code,
      };
    }
    case 'cancelled':
      return {
        ...base,
        form: 'cancelled',
        shape: text.shape.cancelled,
        word: say.cancelled,
        reason: say.cancelledAt(at(state.at)),
        button: text.act.again,
      };
  }
}
