// One scenario in the real window: ?scenario=list&theme=dark&words=long&still. Checks play one after the other in the
// same page.
import './pseudo';
import '@fontsource-variable/cascadia-code';
import '@fontsource-variable/inter';
import { mount, unmount } from 'svelte';
import '../src/styles/tokens.css';
import '../src/styles/davit.css';
import '../src/styles/app.css';
import '../src/styles/narrow.css';
import App from '../src/App.svelte';
import { actions, counted } from './asked';
import { differ, shades } from './differ';
import { Fake } from './fake';
import { faint } from './faint';
import { NOW } from './sample';
import './pinned.css';
import { scenarios, scriptOf, type Stage } from './scenarios';
import { sheet, unlike } from './sheet';
import { beat, pending, soon, timed } from './timed';
import { overheard } from './told';

declare global {
  interface Window {
    /** `told` is what came from the shell: names, paths and whatever else is no word of the window. */
    gallery: {
      names: string[];
      fake: Fake | null;
      told: Set<string>;
      play: (name: string, theme: string) => Promise<void>;
      /** What looks once a second looks again now. */
      beat: typeof beat;
      /** What was asked of the shell, and how often something was pressed by a pointer. */
      asked: Set<string>;
      pointed: number;
      /** Everything that a person can ask of it. */
      actions: string[];
      differ: typeof differ;
      shades: typeof shades;
      sheet: typeof sheet;
      unlike: typeof unlike;
      faint: typeof faint;
    };
  }
}

const asked = new URLSearchParams(location.search);
const root = document.documentElement;
const told = new Set<string>();
const calls = new Set<string>();
window.gallery = {
  names: Object.keys(scenarios),
  fake: null,
  told,
  play,
  beat,
  asked: calls,
  pointed: 0,
  actions,
  differ,
  shades,
  sheet,
  unlike,
  faint,
};
addEventListener('pointerdown', () => (window.gallery.pointed += 1), true);
const still = asked.has('still');
// For pictures: letters that are the same everywhere.
if (still) root.dataset['font'] = 'pinned';
timed(!still);

/** Ten minutes that lead up to now, for the speed's line. */
const TICKS = 600;
let now = NOW;
let shownNow: ReturnType<typeof mount> | null = null;

async function shown(selector: string): Promise<HTMLElement> {
  for (;;) {
    const found = document.querySelector<HTMLElement>(selector);
    if (found) return found;
    await settled();
  }
}

const settled = () => new Promise((done) => soon(done, 16));

/** What the window waits for soon has come. */
async function calm(): Promise<void> {
  while (pending.size > 0) await settled();
}

const stage = (fake: Fake): Stage => ({
  fake,
  shown,
  press: async (selector) => {
    const element = await shown(selector);
    element.focus();
    element.click();
    await settled();
  },
  type: async (selector, words) => {
    const input = (await shown(selector)) as HTMLInputElement;
    input.value = words;
    input.dispatchEvent(new Event('input', { bubbles: true }));
    await settled();
  },
  change: async (selector, words) => {
    const input = (await shown(selector)) as HTMLInputElement;
    input.value = words;
    input.dispatchEvent(new Event('change', { bubbles: true }));
    await settled();
  },
  key: async (keys) => {
    const [key = '', held] = keys.split('+').reverse();
    const pressed = {
      key,
      shiftKey: held === 'Shift',
      ctrlKey: held === 'Control',
      bubbles: true,
      cancelable: true,
    };
    document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', pressed));
    await settled();
  },
});

/** The window as it is in the scenario, in place of the one before it. */
async function play(name: string, theme: string): Promise<void> {
  const scenario = scenarios[name];
  if (!scenario) throw new Error(`no scenario is called ${name}`);
  delete root.dataset['ready'];
  if (shownNow) await unmount(shownNow);
  document.body.replaceChildren();
  localStorage.clear();
  told.clear();
  if (theme) root.dataset['theme'] = theme;
  now = NOW - TICKS * 1000;
  const fake = new Fake(scriptOf(scenario));
  window.gallery.fake = fake;
  // Only longer words are compared with what was told.
  const heard = asked.get('words') === 'long' ? overheard(fake.ipc, told) : fake.ipc;
  const ipc = counted(heard, calls);
  shownNow = mount(App, { target: document.body, props: { ipc, now: () => now } });
  await settled();
  const speed = scenario.totals?.speed ?? 0;
  // Most of the time the line is flat; one dip and small waves make it look like a morning.
  if (speed > 0 && !scenario.silent)
    for (let second = 1; second <= TICKS; second += 1) {
      now += 1000;
      const dip = second > 180 && second < 230 ? 0.6 : 1;
      fake.tick(speed * dip * (0.86 + 0.06 * Math.sin(second / 13) + 0.04 * Math.sin(second / 3.1)));
    }
  now = NOW;
  beat();
  // What is told twice has come between: it does not stand still.
  if (speed > 0) {
    fake.tick(speed);
    await calm();
    fake.tick(speed);
  }
  await scenario.then?.(stage(fake));
  await document.fonts.ready;
  await calm();
  root.dataset['ready'] = '';
}

function list(): void {
  document.body.innerHTML = Object.keys(scenarios)
    .map((one) => `<p><a href="?scenario=${one}">${one}</a> <a href="?scenario=${one}&theme=dark">dark</a></p>`)
    .join('');
  document.body.style.cssText = 'overflow: auto; padding: 20px';
}

const first = asked.get('scenario');
if (first === null) list();
else if (first !== '') void play(first, asked.get('theme') ?? '');
