// What the shell tells the window, written down: names, paths, addresses. On the screen they may stand as they are.
import type { Ipc } from '../src/ipc';
import { shown } from '../src/parts/shown';
import { middle, place } from '../src/state/format';

/** The same shell; every string that it answers or tells is among `told`, in each way in which it is shown. */
export function overheard(ipc: Ipc, told: Set<string>): Ipc {
  const hear = <T>(value: T): T => {
    if (typeof value === 'string')
      for (const way of [value, place(value), shown(value), shown(middle(value).join(''))]) told.add(way);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(hear);
    return value;
  };
  const heard = (asked: unknown) =>
    typeof asked === 'function' ? (value: unknown) => (asked as (value: unknown) => unknown)(hear(value)) : asked;
  const call =
    (run: unknown) =>
    (...asked: unknown[]) =>
      (run as (...asked: unknown[]) => Promise<unknown>)(...asked.map(heard)).then(hear);
  return Object.fromEntries(Object.entries(ipc).map(([name, run]) => [name, call(run)])) as unknown as Ipc;
}
