// What More offers for an entry of history.
import type { EntryView } from '../ipc';
import type { Choice } from '../parts/choice';
import type { History } from '../state/history.svelte';
import { text } from '../text';
import { keyOf } from './shortcuts';

const { act } = text;

export const entryChoices = (entry: EntryView, history: History, mac: boolean): Choice[] => [
  ...(entry.link ? [{ label: act.link, keys: keyOf('history', 'link', mac), run: () => history.link(entry) }] : []),
  { label: act.show, keys: keyOf('history', 'show', mac), run: () => history.reveal(entry) },
  ...(entry.again ? [{ label: act.again, run: () => history.again(entry) }] : []),
  { label: act.receipt, run: () => history.receipt(entry) },
  { label: act.details, keys: keyOf('history', 'details', mac), run: () => void history.look(entry) },
];
