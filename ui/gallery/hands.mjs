// The checks are many small jobs; several hands, each with a page, take one after the other.
import { still } from './browser.mjs';

export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/**
 * A check has the `page` that it wants, its `jobs` (the names of the scenarios, where it does not say otherwise), what is
 * done for `each`, and perhaps what comes `after` all of them; `kept` is the same for all its jobs. Answers how much is
 * wrong.
 */
export async function run(checks, given, hands) {
  const all = checks.map(([what, check]) => {
    const jobs = check.jobs?.(given.names) ?? [...given.names];
    return { what, check, jobs, count: jobs.length, left: jobs.length, wrong: [], busy: 0, kept: new Set() };
  });
  await Promise.all(Array.from({ length: hands }, () => hand(all, given)));
  for (const one of all.filter(({ count }) => count === 0)) await end(one, given);
  return all.reduce((sum, { wrong }) => sum + wrong.length, 0);
}

async function hand(all, given) {
  let [of, page, twin] = [null, null, null];
  const close = async () => {
    for (const one of [page, twin]) await one?.context().close();
    [page, twin] = [null, null];
  };
  for (;;) {
    const one = all.find(({ jobs }) => jobs.length > 0);
    if (!one) break;
    const job = one.jobs.shift();
    if (of !== one) await close();
    of = one;
    page ??= await still(given.browser, one.check.page);
    const say = sayFor(one, job.name ?? job);
    const since = performance.now();
    try {
      const other = async () => (twin ??= await still(given.browser, one.check.page));
      await one.check.each({ ...given, page, other, job, kept: one.kept, say });
      for (const complaint of page.complaints) say(complaint);
    } catch (error) {
      say(error.message);
      // Who knows what it was in the middle of.
      await close();
    }
    one.busy += performance.now() - since;
    one.left -= 1;
    if (one.left === 0) await end(one, given);
  }
  await close();
}

const sayFor =
  ({ wrong }, name) =>
  (what, ...where) =>
    wrong.push(`${[name, ...where].join(' ')}: ${what}`);

async function end(one, given) {
  const { what, check, count, wrong, busy, kept } = one;
  await check.after?.({ ...given, kept, say: (found) => wrong.push(found) });
  for (const line of wrong.toSorted()) console.log(`   ${what}: ${line}`);
  const verdict = wrong.length === 0 ? 'ok  ' : 'WRONG';
  console.log(`${verdict} ${what}: ${count} ${check.counts ?? 'scenarios'}, ${wrong.length} wrong, ${seconds(busy)}`);
}
