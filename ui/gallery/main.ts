// One scenario in the real window: ?scenario=list&theme=dark&words=long
import './pseudo';
import { mount } from 'svelte';
import '../src/styles/tokens.css';
import '../src/styles/davit.css';
import '../src/styles/app.css';
import App from '../src/App.svelte';
import { Fake } from './fake';
import { NOW } from './sample';
import { scenarios, type Stage } from './scenarios';
import { overheard } from './told';

declare global {
  interface Window {
    /** `told` is what came from the shell: names, paths and whatever else is no word of the window. */
    gallery: { names: string[]; fake: Fake | null; told: Set<string> };
  }
}

const asked = new URLSearchParams(location.search);
const name = asked.get('scenario') ?? '';
const theme = asked.get('theme');
const scenario = scenarios[name];
window.gallery = { names: Object.keys(scenarios), fake: null, told: new Set() };
if (theme) document.documentElement.dataset['theme'] = theme;

/** Ten minutes that lead up to now, for the speed's line. */
const TICKS = 600;
let now = NOW - TICKS * 1000;

async function shown(selector: string): Promise<HTMLElement> {
  for (;;) {
    const found = document.querySelector<HTMLElement>(selector);
    if (found) return found;
    await settled();
  }
}

const settled = () => new Promise((done) => setTimeout(done, 16));

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

async function play(): Promise<void> {
  if (!scenario) {
    document.body.innerHTML = Object.keys(scenarios)
      .map((one) => `<p><a href="?scenario=${one}">${one}</a> <a href="?scenario=${one}&theme=dark">dark</a></p>`)
      .join('');
    document.body.style.cssText = 'overflow: auto; padding: 20px';
    return;
  }
  localStorage.clear();
  const fake = new Fake(scenario);
  window.gallery.fake = fake;
  mount(App, { target: document.body, props: { ipc: overheard(fake.ipc, window.gallery.told), now: () => now } });
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
  if (speed > 0) fake.tick(speed);
  await scenario.then?.(stage(fake));
}

void play().then(() => {
  document.documentElement.dataset['ready'] = '';
});
