// Who says what a setting is, in words.
import type { Sourced } from '../ipc';
import type { Saying } from '../parts/Said.svelte';
import { text } from '../text';

export function saying({ source, locked }: Sourced): Saying {
  const { said, saidForGood } = text.settings;
  const forGood = locked && (source === 'backend' || source === 'policy');
  return { words: forGood ? saidForGood[source] : said[source], locked };
}
