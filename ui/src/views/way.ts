// Which way the bytes take, and why, in words.
import type { Way } from '../ipc';
import { text } from '../text';

const say = text.way;

/** Nothing where there is only one way. */
export function wayWords(way: Way | null): string | null {
  if (!way || way.why === 'only') return null;
  if (way.why === 'measuring') return say.both;
  const { accelerated, direct } = way;
  const known = accelerated !== null && direct !== null && accelerated > 0 && direct > 0;
  if (way.kind === 'accelerated') {
    if (way.why === 'other-blocked') return say.acceleratedAlone;
    return known && accelerated > direct ? say.acceleratedBy(accelerated / direct) : say.accelerated;
  }
  if (way.why === 'other-blocked') return say.directAlone;
  if (way.why === 'faster' && known && direct > accelerated) return say.directBy(direct / accelerated);
  return known && accelerated >= direct ? say.directEnough : say.direct;
}
