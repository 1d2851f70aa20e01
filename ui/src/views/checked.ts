// What a check found, in words: what it is called, how it is, and a figure beside it.
import type { CheckLine, Found } from '../ipc';
import type { Form } from '../parts/Shape.svelte';
import { duration, speed } from '../state/format';
import { errors, number, text } from '../text';

const say = text.diagnostics;

export interface Shown {
  name: string;
  form: Form;
  shape: string;
  words: string;
  figure: string;
}

const LOOKS: Record<CheckLine['verdict'], Pick<Shown, 'form' | 'shape'>> = {
  fine: { form: 'done', shape: say.fine },
  attention: { form: 'attention', shape: say.attention },
  wrong: { form: 'failed', shape: text.shape.failed },
  skipped: { form: 'queued', shape: say.skippedShape },
};

export function shown({ step, verdict, found }: CheckLine): Shown {
  return { name: say.steps[step], ...LOOKS[verdict], words: words(found), figure: figure(found) };
}

function words(found: Found): string {
  switch (found.kind) {
    case 'named':
      return say.named;
    case 'straight':
      return say.straight;
    case 'proxy':
      return found.proxy;
    case 'issuer':
      return say.issuer(found.issuer);
    case 'answers':
      return say.answers;
    case 'signed-in':
      return say.signedIn;
    case 'sent':
      return say.sent;
    case 'ways': {
      const { accelerated, direct } = found;
      if (accelerated === null && direct === null) return errors.offline.row;
      if (accelerated === null) return say.ways.blocked;
      if (direct === null) return say.ways.only;
      return accelerated > direct ? say.ways.faster : say.ways.slower;
    }
    case 'clock': {
      const off = Math.abs(found.ahead);
      if (off < 60) return say.clock.right;
      const time = duration(off);
      return found.ahead > 0 ? say.clock.fast(time) : say.clock.slow(time);
    }
    case 'problem': {
      const { row, todo } = errors[found.code];
      const next = todo && !row.includes(todo) ? todo : '';
      const whole = next ? say.both({ what: row, next }) : row;
      return found.issuer ? say.changedBy({ what: whole, issuer: found.issuer }) : whole;
    }
    case 'skipped':
      return say.skipped[found.why];
  }
}

function figure(found: Found): string {
  switch (found.kind) {
    case 'answers':
      return say.ms(number(found.ms));
    case 'sent':
      return speed(found.rate);
    case 'signed-in':
      return say.places(found.places);
    case 'proxy':
      return say.from[found.from];
    case 'ways':
      return found.accelerated !== null && found.direct !== null
        ? say.ways.rates({ accelerated: speed(found.accelerated), straight: speed(found.direct) })
        : '';
    default:
      return '';
  }
}
