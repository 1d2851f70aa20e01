// The settings without a pointer.

/** The switch that is called so, or whose name begins so. */
const named = (label) => `[role=switch][aria-label^='${label}']`;
const NETWORK = '.grp:last-of-type';

/** Each of these switches is turned on or off, and back. */
const turned =
  (switches) =>
  async ({ to, press, asks, on }) => {
    for (const [label, preference] of switches) {
      await to(named(label));
      await press('Space');
      await asks(`setPreferences ${preference}`);
      await press('Space');
      await on(named(label));
    }
  };

export const walksSettings = [
  {
    name: 'the tabs of the settings by their arrows',
    scenario: 'settings-limits',
    walk: async ({ page, to, press, on, sees }) => {
      await to('.set-tabs [role=tab]');
      for (let more = await page.locator('.set-tabs [role=tab]').count(); more > 0; more -= 1) {
        await press('ArrowRight');
        await on("[role=tab][aria-selected='true']");
        await sees('[role=tabpanel]');
      }
      await on('#tab-limits');
    },
  },
  {
    name: 'Davit starts by itself, and does not',
    scenario: 'settings-general',
    walk: async ({ to, press, asks, on }) => {
      await to('.set [role=switch]');
      await press('Space');
      await asks('startAtLogin true');
      await press('Space');
      await asks('startAtLogin false');
      await on('.set [role=switch]');
    },
  },
  {
    name: 'what is told by the system is chosen',
    scenario: 'settings-notifications',
    walk: async ({ page, to, press, asks, on }) => {
      await to('.set [role=switch]');
      for (let more = await page.locator('.set [role=switch]').count(); more > 0; more -= 1) {
        await press('Space');
        await on('.set [role=switch]');
        if (more > 1) await press('Tab');
      }
      for (const one of ['tellDone', 'tellNeedsYou', 'tellWatched']) await asks(`setPreferences ${one}`);
    },
  },
  {
    name: 'how Davit and this computer go together is chosen',
    scenario: 'settings-general',
    walk: turned([
      ['Show Davit', 'tray'],
      ['Keep working', 'keepWorking'],
      ['Keep this computer', 'keepAwake'],
    ]),
  },
  {
    name: 'what pauses by itself is chosen',
    scenario: 'settings-limits',
    walk: turned([
      ['On mobile hotspots', 'pauseMetered'],
      ['On battery', 'pauseOnLowBattery'],
    ]),
  },
  {
    name: 'how many pieces are sent at a time is chosen',
    scenario: 'settings-limits-off',
    walk: async ({ to, press, choose, says, asks, on }) => {
      await to('.grp:last-of-type .pick');
      await press('Enter');
      await choose('16');
      await says('.grp:last-of-type .pick', '16');
      await asks('setConcurrency 16');
      await on('.grp:last-of-type .pick');
    },
  },
  {
    name: 'the theme is chosen, and holds at once',
    scenario: 'settings-general',
    walk: async ({ to, press, asks, sees, on }) => {
      await to('.seg input');
      await press('ArrowRight');
      await asks('setPreferences theme');
      await sees(":root[data-theme='light']");
      await press('ArrowRight');
      await sees(":root[data-theme='dark']");
      await press('ArrowRight');
      await on('.seg input:checked');
    },
  },
  {
    name: 'an update is looked for',
    scenario: 'settings-updates-unreachable',
    walk: async ({ to, press, asks, on }) => {
      await to('.updates .btn');
      await press('Enter');
      await asks('checkUpdates');
      await on('.updates .btn');
      await to(named('Install updates'));
      await press('Space');
      await asks('setPreferences installUpdates');
      await on(named('Install updates'));
    },
  },
  {
    name: 'an update is installed, and left for later while uploads end',
    scenario: 'settings-updates-ready',
    walk: async ({ to, press, asks, on }) => {
      await to('.updates .btn');
      await press('Enter');
      await asks('installUpdate');
      await press('Enter');
      await asks('leaveUpdate');
      await on('.updates .btn');
    },
  },
  {
    name: 'everything is larger and smaller by its keys',
    scenario: 'list',
    walk: async ({ to, press, asks, on }) => {
      await to("[data-item='1']");
      await press('Control+=');
      await asks('zoom 110');
      await press('Control+0');
      await asks('zoom 100');
      await press('Control+-');
      await asks('zoom 90');
      await on("[data-item='1']");
    },
  },
  {
    name: 'another address is asked for, and left as it was',
    scenario: 'settings-connection',
    walk: async ({ to, press, on, sees }) => {
      await to('.set .btn');
      await press('Enter');
      await on('#address');
      await to('.cta .btn:last-child');
      await press('Enter');
      await sees('.set');
      await on('.set-tabs .tab');
    },
  },
  {
    name: 'the usual place and what comes of the same name are chosen',
    scenario: 'settings-connection',
    walk: async ({ to, press, choose, says, asks, on }) => {
      await to('.set .pick');
      await press('Enter');
      await choose('Interviews');
      await says('.set .pick', 'Interviews');
      await press('Tab', 'Enter');
      await choose('Keep both');
      await asks('setPreferences sameName');
      await on('.set .pick');
    },
  },
  {
    name: 'the connection is checked from where it is shown, and the check is stopped',
    scenario: 'settings-connection',
    walk: async ({ to, press, says, asks, on }) => {
      await to('.grp:first-of-type .opt:last-of-type .btn');
      await press('Enter');
      await asks('checkConnection');
      await on('.head .btn');
      await says('.head .btn', 'Stop');
      await press('Enter');
      await asks('stopCheck');
      await says('.head .btn', 'Check again');
      await on('.head .btn');
    },
  },
  {
    name: 'a proxy is written by hand, is told a password, and is forgotten',
    scenario: 'settings-connection',
    walk: async ({ page, to, press, choose, writes, asks, says, sees, on }) => {
      const chosen = async (words) => {
        await to(`${NETWORK} .pick`);
        await press('Enter');
        await choose(words);
        await on(`${NETWORK} .pick`);
      };
      await chosen('By hand');
      await to('.typed input');
      await writes('ada:secret@proxy');
      await says('.errline', 'Write an address');
      await writes('proxy.nordlys.example:3128');
      await sees('.errline', false);
      await asks('setProxy fixed');
      await press('Tab', 'Enter');
      await on('.login input');
      await page.keyboard.type('ada');
      await press('Tab');
      await page.keyboard.type('secret');
      await press('Enter');
      await asks('setProxyLogin');
      await sees('.login', false);
      await on('.password .btn:last-child');
      await press('Shift+Tab', 'Enter');
      await asks('forgetProxyLogin');
      await says('.password', 'Enter password');
      await on('.password .btn');
      await press('Enter', 'Tab', 'Tab', 'Enter');
      await sees('.login', false);
      await on('.password .btn');
      await press('Shift+Tab', 'Shift+Tab');
      await chosen('No proxy');
      await asks('setProxy none');
      await sees('.password', false);
      await chosen('Automatic');
      await asks('setProxy automatic');
    },
  },
  {
    name: 'what a check found is mended where it can be, and copied where it cannot',
    scenario: 'settings-diagnostics-wrong',
    walk: async ({ to, press, copied, asks, on, sees }) => {
      await to('.check .btn');
      await press('Enter');
      await copied('UnknownIssuer');
      await to('.check:last-child .btn');
      await press('Enter');
      await asks('openClockSettings');
      await on('.check:last-child .btn');
      await to('.check:nth-child(4) .btn');
      await press('Enter');
      await sees('#panel-connection');
      await on('.password .btn');
    },
  },
  {
    name: 'a check leads to a sign-in, and back',
    scenario: 'settings-diagnostics-signed-out',
    walk: async ({ to, press, on, sees }) => {
      await to('.check:nth-child(5) .btn');
      await press('Enter');
      await on('#token');
      await to('.cta .btn:last-child');
      await press('Enter');
      await sees('#panel-diagnostics');
      await on('.set-tabs .tab');
    },
  },
  {
    name: 'a company is kept after all, and then forgotten',
    scenario: 'settings-diagnostics-log',
    walk: async ({ to, press, says, sees, asks, on }) => {
      await to('.opt .danger');
      await press('Enter');
      await on('.opt .line .btn:last-child');
      await says('.opt .line .btn:last-child', 'Keep');
      await press('Enter');
      await on('.opt .danger');
      await press('Enter', 'Shift+Tab');
      await on('.opt .line .danger');
      await press('Escape');
      await on('.opt .danger');
      await press('Enter', 'Shift+Tab', 'Enter');
      await asks('forgetCompany');
      await on('#address');
      await says('.toast', 'Nordlys Studio is forgotten');
      await sees('.set', false);
    },
  },
  {
    name: 'a report is saved, and the log has more in it for a while',
    scenario: 'settings-diagnostics',
    walk: async ({ to, press, asks, says, on }) => {
      await to('.opt .btn');
      await press('Enter');
      await asks('saveReport');
      await says('.toast', 'Report saved');
      await to('.set [role=switch]');
      await press('Space');
      await asks('setDetailedLog true');
      await press('Space');
      await asks('setDetailedLog false');
      await on('.set [role=switch]');
    },
  },
];
