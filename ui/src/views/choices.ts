// What More offers for a transfer.
import type { Choice } from '../parts/Menu.svelte';
import { text } from '../text/en';
import type { Doing, Thing } from './doing';
import { pausable } from './look';

export function choices(thing: Thing, linkable: boolean, mac: boolean, doing: Doing): Choice[] {
  const { act, keys } = text;
  const all: Choice[] = [];
  if (linkable) all.push({ label: act.link, keys: keys.link(mac), run: () => doing.link(thing) });
  all.push({ label: act.details, keys: keys.details, run: () => doing.details(thing) });
  all.push({ label: act.show, keys: keys.show(mac), run: () => doing.show(thing) });
  if (pausable(thing.state))
    all.push({ label: act.pause, keys: keys.pause, apart: true, run: () => doing.pause(thing) });
  else if (thing.state.kind === 'paused')
    all.push({ label: act.resume, keys: keys.pause, apart: true, run: () => doing.resume(thing) });
  const ended = thing.state.kind === 'done' || thing.state.kind === 'cancelled';
  all.push({
    label: ended ? act.remove : act.cancel,
    keys: keys.remove(mac),
    apart: ended,
    ...(ended ? {} : { kind: 'bad' }),
    run: () => doing.drop(thing),
  });
  return all;
}
