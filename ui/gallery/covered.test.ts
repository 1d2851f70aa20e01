// Whatever the bindings know of can be seen in the gallery: a kind of state, wait or problem without a scenario fails here, and
// so does a scenario whose looks nothing is compared with.
import { expect, test } from 'vitest';
import type {
  Doing,
  Ended,
  ErrorCode,
  Event,
  Notices,
  Overview,
  PausedBy,
  RowState,
  SessionView,
  WayWhy,
} from '../src/ipc';
import { errors } from '../src/text';
import { aboutEntry, details } from './sample';
import { scenarios, scriptOf } from './scenarios';

type Kind<T extends { kind: string }> = T['kind'];

/** Of each union all there is: one that is left out does not compile. */
const STATES: Record<Kind<RowState>, true> = {
  queued: true,
  scanning: true,
  uploading: true,
  paused: true,
  waiting: true,
  held: true,
  verifying: true,
  done: true,
  failed: true,
  cancelled: true,
};
const PAUSED: Record<PausedBy, true> = { you: true, schedule: true, battery: true, metered: true, watch: true };
const OVERVIEWS: Record<Kind<Overview>, true> = {
  empty: true,
  moving: true,
  paused: true,
  offline: true,
  waiting: true,
  stuck: true,
  'signed-out': true,
  'all-done': true,
  'needs-you': true,
};
const SESSIONS: Record<Kind<SessionView>, true> = {
  welcome: true,
  stopped: true,
  connecting: true,
  token: true,
  browser: true,
  'signing-in': true,
  connected: true,
  'signed-out': true,
};
const DOINGS: Record<Kind<Doing>, true> = {
  asks: true,
  watching: true,
  checking: true,
  paused: true,
  away: true,
  elsewhere: true,
};
const NOTICES: Record<Kind<Notices>, true> = { live: true, polls: true };
const ENDS: Record<Ended, true> = { done: true, failed: true, cancelled: true };
const EVENTS: Record<Kind<Event>, true> = {
  added: true,
  started: true,
  paused: true,
  resumed: true,
  recovered: true,
  trouble: true,
  failed: true,
  sent: true,
  verified: true,
  cancelled: true,
};
const WAYS: Record<WayWhy, true> = {
  only: true,
  measuring: true,
  faster: true,
  'other-slower': true,
  'other-blocked': true,
};

const all = Object.values(scenarios).map(scriptOf);
// Some have a hundred thousand rows, or entries: a hundred are enough.
const rows = all.flatMap((scenario) => (scenario.rows ?? []).slice(0, 100));
const watches = all.flatMap((scenario) => scenario.watches ?? []);
const entries = all.flatMap((scenario) => (scenario.history ?? []).slice(0, 100));
const every = (kinds: Record<string, true>, seen: Iterable<string>): void => {
  expect(Object.keys(kinds).filter((kind) => !new Set(seen).has(kind))).toEqual([]);
};

test('every state of a row has a scenario, and everything that pauses one', () => {
  every(
    STATES,
    rows.map(({ state }) => state.kind),
  );
  every(
    PAUSED,
    rows.flatMap(({ state }) => (state.kind === 'paused' ? [state.by] : [])),
  );
});

test('every state of the whole has a scenario, and every one of the session', () => {
  // Where nothing else is said, it moves where there are rows.
  const overviews = all.map(({ rows, totals }) => totals?.overview?.kind ?? (rows?.length ? 'moving' : 'empty'));
  every(OVERVIEWS, overviews);
  every(
    SESSIONS,
    all.map(({ session }) => session.kind),
  );
});

test('every state of a watched folder has a scenario', () => {
  every(
    DOINGS,
    watches.map(({ doing }) => doing.kind),
  );
  every(
    NOTICES,
    watches.map(({ notices }) => notices.kind),
  );
});

test('every end has an entry in history, and every line of a story is told', () => {
  every(
    ENDS,
    entries.map(({ result }) => result),
  );
  const stories = [...rows.map(details), ...entries.map(aboutEntry)].flatMap(({ story }) => story);
  every(
    EVENTS,
    stories.map(({ what }) => what.kind),
  );
});

test('every reason for a way has a scenario', () => {
  every(
    WAYS,
    all.map(({ way }) => (way === undefined ? 'faster' : (way?.why ?? 'only'))),
  );
});

test('every problem has a scenario in which it is said', () => {
  const said = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value === 'string') said.add(value);
    else if (Array.isArray(value)) value.slice(0, 200).forEach(look);
    else if (value !== null && typeof value === 'object') Object.values(value).forEach(look);
  };
  for (const { rows, session, totals, watches, refuses, noLogin } of all)
    look([rows?.map(({ state }) => state), session, totals, watches, refuses, noLogin]);
  const unseen = (Object.keys(errors) as ErrorCode[]).filter((code) => !said.has(code));
  expect(unseen).toEqual([]);
});

test('a row with a problem that has a button is in the list of one', () => {
  const failed = new Set(rows.flatMap(({ state }) => (state.kind === 'failed' ? [state.code] : [])));
  const all = (Object.keys(errors) as ErrorCode[]).filter((code) => errors[code].button !== null);
  expect(all.filter((code) => !failed.has(code))).toEqual([]);
});

test('every scenario has a committed sheet of its looks, and every sheet a scenario', () => {
  const there = Object.keys(import.meta.glob('./sheets/*.webp')).map((path) => path.replace(/^.*\/|\.webp$/g, ''));
  expect(there.sort()).toEqual(Object.keys(scenarios).sort());
});
