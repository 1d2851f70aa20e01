// What More offers for a transfer, or for several at once.
import type { Choice } from '../parts/choice';
import { ended, pausable } from '../state/can';
import { MOVES } from '../state/line';
import { mendOf } from '../state/mend';
import type { Thing } from '../state/selection.svelte';
import { text } from '../text';
import type { Doing } from './doing';
import { keyOf } from './shortcuts';

const { act } = text;

export function choices(thing: Thing, linkable: boolean, mac: boolean, doing: Doing): Choice[] {
  const all: Choice[] = [];
  if (linkable) all.push({ label: act.link, keys: keyOf('list', 'link', mac), run: () => doing.link(thing) });
  all.push({ label: act.details, keys: keyOf('list', 'details', mac), run: () => doing.details(thing) });
  all.push({ label: act.show, keys: keyOf('list', 'show', mac), run: () => doing.show(thing) });
  const { state } = thing;
  if (ended(state) || state.kind === 'failed') all.push({ label: act.receipt, run: () => doing.receipt(thing) });
  // Where the one button does something else.
  if (state.kind === 'failed' && mendOf(state.code, thing.ofFolder) !== 'retry')
    all.push({ label: act.retry, apart: true, run: () => doing.retry(thing) });
  return [...all, ...rest([thing], mac, doing)];
}

/** What means something for several: each does it to those that can. */
export function choicesOfMany(things: Thing[], mac: boolean, doing: Doing): Choice[] {
  return rest(things, mac, doing).map((choice) => ({
    ...choice,
    label: text.many({ act: choice.label, n: things.length }),
  }));
}

function rest(things: Thing[], mac: boolean, doing: Doing): Choice[] {
  const all: Choice[] = [];
  const gone = things.every(({ state }) => ended(state));
  if (things.some(({ state }) => pausable(state)))
    all.push({ label: act.pause, keys: keyOf('list', 'rest', mac), apart: true, run: () => doing.pause(...things) });
  else if (things.some(({ state }) => state.kind === 'paused'))
    all.push({ label: act.resume, keys: keyOf('list', 'rest', mac), apart: true, run: () => doing.resume(...things) });
  if (things.some(({ state }) => !ended(state) && state.kind !== 'failed'))
    for (const move of MOVES) {
      const not = doing.stays(things, move);
      const choice = { label: act[move], keys: keyOf('list', move, mac), run: () => doing.move(move, ...things) };
      all.push(not === null ? choice : { ...choice, not });
    }
  all.push({
    label: gone ? act.remove : things.length > 1 ? act.cancelMany : act.cancel,
    keys: keyOf('list', 'drop', mac),
    apart: gone,
    ...(gone ? {} : { kind: 'bad' }),
    run: () => doing.drop(...things),
  });
  return all;
}
