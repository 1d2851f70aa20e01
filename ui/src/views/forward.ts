// The arrows to the sides, as they are meant.
import { mirrored } from '../text';

/** 1 in the direction in which one reads, -1 against it, 0 for other keys. */
export function forward(key: string): 1 | -1 | 0 {
  if (key !== 'ArrowRight' && key !== 'ArrowLeft') return 0;
  return (key === 'ArrowRight') === mirrored() ? -1 : 1;
}
