// How large everything is: from 80 % to 200 %, in steps, and as it was left.
import type { Ipc } from '../ipc';

const USUAL = 100;
const STEPS = [80, 90, USUAL, 110, 125, 150, 175, 200];
const KEPT = 'davit.zoom';

function kept(): number {
  const percent = Number(localStorage.getItem(KEPT));
  return STEPS.includes(percent) ? percent : USUAL;
}

export class Zoom {
  private percent = USUAL;

  constructor(private readonly ipc: Ipc) {}

  start(): void {
    const percent = kept();
    if (percent !== USUAL) this.set(percent);
  }

  larger(): void {
    this.set(STEPS.find((step) => step > this.percent) ?? this.percent);
  }

  smaller(): void {
    this.set(STEPS.filter((step) => step < this.percent).at(-1) ?? this.percent);
  }

  usual(): void {
    this.set(USUAL);
  }

  private set(percent: number): void {
    if (percent === this.percent) return;
    this.percent = percent;
    localStorage.setItem(KEPT, String(percent));
    // Where the system draws it in one size only, it stays in that.
    this.ipc.zoom(percent).catch(() => undefined);
  }
}
