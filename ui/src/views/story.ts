// What happened, in words: a line with those that came before it.
import type { Details, Event, Happening } from '../ipc';
import { duration, percent, size } from '../state/format';
import { text } from '../text';
import { fact } from './look';

const say = text.events;

/** A line of a story: when, its words, and what its dot means. */
export interface Told {
  at: number;
  words: string;
  tone: '' | 'hold' | 'now' | 'stop' | 'good';
}

type Of = Pick<Details, 'story' | 'destination' | 'from' | 'size' | 'pieces'>;

/** Newest first, as the details have it; what the next line says already has none of its own. */
export function told(of: Of): Told[] {
  return of.story.flatMap((line, at) => (isSaid(of.story, at) ? [] : [{ at: line.at, ...lineOf(of, line.what, at) }]));
}

const before = (story: Happening[], at: number): Event | undefined => story[at + 1]?.what;

/** That somebody let it go on is said by how far it was, or by what it came to. */
function isSaid(story: Happening[], at: number): boolean {
  const next = story[at - 1]?.what;
  if (story[at]?.what.kind !== 'resumed' || !next) return false;
  return next.kind === 'recovered' || (next.kind === 'failed' && isStill(story, at - 1));
}

/** It was tried again, and stopped for the same reason. */
function isStill(story: Happening[], at: number): boolean {
  const [now, earlier] = [story[at]?.what, story[at + 2]?.what];
  return (
    now?.kind === 'failed' &&
    before(story, at)?.kind === 'resumed' &&
    earlier?.kind === 'failed' &&
    earlier.code === now.code
  );
}

/** How long it was away: until it went on for the first time after that. */
function lost(story: Happening[], at: number): string {
  const back = story
    .slice(0, at)
    .filter((line) => line.what.kind === 'resumed' || line.what.kind === 'recovered')
    .at(-1);
  return back ? say.lostFor(duration(back.at - (story[at]?.at ?? back.at))) : say.lost;
}

function wasLost(story: Happening[], at: number): boolean {
  const was = before(story, at);
  return was?.kind === 'trouble' && was.code === 'offline';
}

/** Found again with these pieces: after a restart, unless something else came before it. */
function recovered({ story, pieces }: Of, had: number, at: number): string {
  if (!pieces) return say.recovered(had);
  const now = text.percent(percent(had, pieces.total, false));
  if (wasLost(story, at)) return say.backAt(now);
  const was = before(story, at)?.kind;
  return was === 'resumed' || was === 'trouble' ? say.resumedAt(now) : say.recoveredAt(now);
}

/** The name of the folder that it lies in. */
const folderOf = (from: string): string | undefined => from.split(/[\\/]/).filter(Boolean).at(-2);

function lineOf(of: Of, event: Event, at: number): Omit<Told, 'at'> {
  const { story, destination, pieces } = of;
  switch (event.kind) {
    case 'recovered':
      return { words: recovered(of, event.pieces, at), tone: '' };
    case 'paused':
      return { words: say.pausedBy[event.by], tone: '' };
    case 'trouble':
      if (event.code === 'offline') return { words: lost(story, at), tone: 'hold' };
      if (event.code === 'damaged-on-the-way') return { words: say.damaged, tone: 'now' };
      return { words: fact(event.code, destination), tone: 'hold' };
    case 'failed': {
      const why = fact(event.code, destination);
      if (!isStill(story, at)) return { words: say.stopped(why), tone: 'stop' };
      return { words: event.code === 'access-denied' ? say.stillDenied : say.still(why), tone: 'stop' };
    }
    case 'started':
      return { words: pieces ? say.startedIn({ size: size(of.size), n: pieces.total }) : say.started, tone: '' };
    case 'verified':
      return { words: pieces ? say.verifiedAll(pieces.total) : say.verified, tone: 'good' };
    case 'resumed':
      return { words: wasLost(story, at) ? say.back : say.resumed, tone: '' };
    case 'added': {
      const folder = folderOf(of.from);
      return { words: folder === undefined ? say.added : say.addedFrom(folder), tone: '' };
    }
    case 'sent':
    case 'cancelled':
      return { words: say[event.kind], tone: '' };
  }
}
