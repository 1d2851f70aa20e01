// Numbers as DESIGN section 7 wants them: decimal units, one unit on both sides, nothing that jumps.
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

function unitOf(bytes: number): number {
  let unit = 0;
  while (unit < UNITS.length - 1 && bytes >= 1000 ** (unit + 1)) unit += 1;
  return unit;
}

function inUnit(bytes: number, unit: number): string {
  const digits = unit <= 2 ? 0 : unit - 2;
  return (bytes / 1000 ** unit).toLocaleString(undefined, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** "412.8 GB": MB whole, GB one decimal, TB two. */
export function size(bytes: number): string {
  const unit = unitOf(bytes);
  return `${inUnit(bytes, unit)}\u00a0${UNITS[unit]}`;
}

/** "412.8 of 960.0 GB": both sides share the larger unit. */
export function sizeOf(sent: number, all: number): string {
  const unit = unitOf(all);
  return `${inUnit(sent, unit)} of ${inUnit(all, unit)}\u00a0${UNITS[unit]}`;
}

/** "38.4 MB/s": one decimal under 100, whole above; kB/s whole. */
export function speed(perSecond: number): string {
  if (perSecond < 1e6) return `${Math.round(perSecond / 1000).toLocaleString()}\u00a0kB/s`;
  const mega = perSecond / 1e6;
  const digits = mega < 100 ? 1 : 0;
  return `${mega.toLocaleString(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits })}\u00a0MB/s`;
}

/** "7 h 30 min", "about 18 h", "about 3 days". */
export function timeLeft(seconds: number): string {
  const minutes = seconds / 60;
  if (minutes < 1) return 'less than a minute';
  if (minutes < 10) return `${Math.ceil(minutes)}\u00a0min`;
  if (minutes < 60) return `${Math.ceil(minutes / 5) * 5}\u00a0min`;
  if (minutes < 600) {
    const steps = Math.ceil(minutes / 10) * 10;
    const rest = steps % 60;
    return rest === 0 ? `${steps / 60}\u00a0h` : `${Math.floor(steps / 60)}\u00a0h ${rest}\u00a0min`;
  }
  if (minutes < 48 * 60) return `about ${Math.round(minutes / 60)}\u00a0h`;
  return `about ${Math.round(minutes / 1440)} days`;
}

/** Rounded down; 100 only when it is verified. */
export function percent(sent: number, all: number, verified: boolean): number {
  if (verified) return 100;
  return all === 0 ? 0 : Math.min(99, Math.floor((sent / all) * 100));
}

/** "14:05" by the system's clock. */
export function clock(unix: number): string {
  return new Date(unix * 1000).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
}

/** Head and tail of a long name: the tail never shrinks, so that extension and take number stay readable. */
export function middle(name: string): [string, string] {
  if (name.length <= 16) return [name, ''];
  const from = name.length - 14;
  const cut = Math.max(
    name.lastIndexOf('_', from + 6),
    name.lastIndexOf(' ', from + 6),
    name.lastIndexOf('/', from + 6),
  );
  const at = cut > name.length - 16 && cut < name.length - 7 ? cut : name.length - 12;
  return [name.slice(0, at), name.slice(at)];
}
