// Numbers that people read keep still: a time left changes when it moved by a tenth or after half a minute, a speed
// once a second.
import type { ItemId, Row } from '../ipc';

const LEFT_MS = 30_000;
const MOVED = 0.1;
const SPEED_MS = 1_000;

/** What rows, details and totals have in common. */
interface Pace {
  speed: number;
  secondsLeft: number | null;
}

interface Shown {
  speed: number;
  speedAt: number;
  left: number | null;
  leftAt: number;
}

export class Steady {
  private readonly shown = new Map<string, Shown>();

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
    return this.of(rowName(row.id), row);
  }

  /** Forgets rows that are not in the slice any more. */
  only(rows: Row[]): void {
    const names = new Set(rows.map((row) => rowName(row.id)));
    for (const name of this.shown.keys()) if (name.startsWith('row ') && !names.has(name)) this.shown.delete(name);
  }
}

const rowName = (id: ItemId): string => `row ${id}`;

/** Starting and stopping show at once. */
function keepsSpeed(was: Shown, speed: number, now: number): boolean {
  return was.speed > 0 && speed > 0 && now - was.speedAt < SPEED_MS;
}

function keepsLeft(was: Shown, left: number | null, now: number): boolean {
  if (was.left === null || left === null) return false;
  return Math.abs(left - was.left) <= was.left * MOVED && now - was.leftAt < LEFT_MS;
}
