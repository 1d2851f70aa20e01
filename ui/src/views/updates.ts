// What the row of updates says of how it stands.
import type { UpdatesView } from '../ipc';
import { number, text } from '../text';

export interface UpdateRow {
  title: string;
  hint: string;
  /** What its one button does. */
  act: 'install' | 'later' | 'check' | 'again' | null;
  /** That is being done already: the button stays where it is, for whoever stands on it. */
  busy?: true;
}

export function rowOf({ version, now }: UpdatesView, when: (unix: number) => string): UpdateRow {
  const say = text.updates;
  switch (now.kind) {
    case 'off':
      return { title: say.off[now.why], hint: say.offHint[now.why](version), act: null };
    case 'looking':
      return { title: say.looking, hint: say.has(version), act: 'check', busy: true };
    case 'fetching': {
      const percent = number(now.percent / 100, { style: 'percent' });
      return { title: say.fetching(now.version), hint: say.fetchingHint(percent), act: 'check', busy: true };
    }
    case 'ready':
      if (now.trouble)
        return { title: say.trouble[now.trouble], hint: say.troubleHint[now.trouble](version), act: 'install' };
      return { title: say.ready(now.version), hint: say.readyHint(version), act: 'install' };
    case 'finishing':
      return { title: say.finishing(now.version), hint: say.finishingHint, act: 'later' };
    case 'current': {
      if (now.trouble)
        return { title: say.trouble[now.trouble], hint: say.troubleHint[now.trouble](version), act: 'again' };
      const hint = now.checked === null ? say.has(version) : say.checked({ version, at: when(now.checked) });
      return { title: say.current, hint, act: 'check' };
    }
  }
}
