// Numbers that people read keep still: a time left changes when it moved by a tenth or after half a minute, a speed
// once a second.
import type { Details, ItemId, Row, RowState, Target } from '../ipc';

const LEFT_MS = 30_000;
const MOVED = 0.1;
const SPEED_MS = 1_000;
/** An upload that sends nothing for this long waits. */
const STILL_MS = 5_000;

/** What rows, details and totals have in common. */
interface Pace {
  speed: number;
  secondsLeft: number | null;
}

/** Rows, and files within them. */
interface Moving {
  state: RowState;
  size: number;
  sent: number;
}

interface Sent {
  sent: number;
  /** As it was told last: pieces that are sent again move as well. */
  told: number;
  size: number;
  grown: number;
}

interface Shown {
  speed: number;
  speedAt: number;
  left: number | null;
  leftAt: number;
}

export class Steady {
  private readonly shown = new Map<string, Shown>();
  private readonly sent = new Map<string, Sent>();

  constructor(private readonly now: () => number) {}

  /** The same with the numbers that are to be shown. */
  of<T extends Pace>(name: string, pace: T): T {
    const now = this.now();
    const was = this.shown.get(name);
    const next: Shown = { speed: pace.speed, speedAt: now, left: pace.secondsLeft, leftAt: now };
    if (was && keepsSpeed(was, pace.speed, now)) [next.speed, next.speedAt] = [was.speed, was.speedAt];
    if (was && keepsLeft(was, pace.secondsLeft, now)) [next.left, next.leftAt] = [was.left, was.leftAt];
    this.shown.set(name, next);
    const { speed, left } = next;
    return speed === pace.speed && left === pace.secondsLeft ? pace : { ...pace, speed, secondsLeft: left };
  }

  row(row: Row): Row {
    const name = rowName(row.id);
    const shown = this.of(name, this.onwards(name, row));
    const { folder } = shown;
    if (!folder?.peek) return shown;
    const sending = folder.peek.sending.map((file) => this.onwards(`file ${file.id}`, file));
    return { ...shown, folder: { ...folder, peek: { ...folder.peek, sending } } };
  }

  /** Progress never goes backwards while it goes on: what must be sent again lets it wait. */
  onwards<T extends Moving>(name: string, of: T): T {
    const was = this.sent.get(name);
    if (!goesOn(of.state)) {
      this.sent.delete(name);
      return of;
    }
    const sent = was?.size === of.size ? Math.max(was.sent, of.sent) : of.sent;
    const grew = !was || of.sent > was.told || of.state.kind !== 'uploading';
    this.sent.set(name, { sent, told: of.sent, size: of.size, grown: grew ? this.now() : was.grown });
    return sent === of.sent ? of : { ...of, sent };
  }

  /** Whether nothing was sent for a while. */
  stands(id: ItemId): boolean {
    const sent = this.sent.get(rowName(id));
    return sent !== undefined && this.now() - sent.grown >= STILL_MS;
  }

  /** What the details say of a row is what the row says. */
  details(details: Details): Details {
    const { kind, id } = details.target;
    const name = kind === 'item' ? rowName(id) : `details ${kind} ${id}`;
    return this.of(name, this.onwards(name, details));
  }

  /** Forgets rows that are not in the slice any more, but for the one whose details are open. */
  only(rows: Row[], focus: Target | null): void {
    const names = new Set(rows.map((row) => rowName(row.id)));
    if (focus?.kind === 'item') names.add(rowName(focus.id));
    for (const known of [this.shown, this.sent])
      for (const name of known.keys())
        if (!name.startsWith('details') && name !== 'all' && !names.has(name)) known.delete(name);
  }
}

/** From these states what was sent can only grow; after the others it may begin anew. */
const goesOn = (state: RowState): boolean => ['uploading', 'verifying', 'waiting', 'paused'].includes(state.kind);

const rowName = (id: ItemId): string => `row ${id}`;

/** Starting and stopping show at once. */
function keepsSpeed(was: Shown, speed: number, now: number): boolean {
  return was.speed > 0 && speed > 0 && now - was.speedAt < SPEED_MS;
}

function keepsLeft(was: Shown, left: number | null, now: number): boolean {
  if (was.left === null || left === null) return false;
  return Math.abs(left - was.left) <= was.left * MOVED && now - was.leftAt < LEFT_MS;
}
