// What is asked of the shell in few places, each without a pointer.

const item = (id) => `[data-item='${id}']`;

export const walksActions = [
  {
    name: 'an address is written and taken',
    scenario: 'welcome',
    walk: async ({ page, press, on, asks }) => {
      await on('#address');
      await page.keyboard.type('upload.nordlys.example');
      await press('Enter');
      await asks('connect');
    },
  },
  {
    name: 'a person signs out',
    scenario: 'list',
    walk: async ({ to, press, choose, asks }) => {
      await to('.side-foot > :last-child .side-btn');
      await press('Enter');
      await choose('Sign out');
      await asks('signOut');
    },
  },
  {
    name: 'a person quits in the window, where no icon leads to it',
    scenario: 'list',
    walk: async ({ to, press, choose, asks }) => {
      await to('.side-foot > :last-child .side-btn');
      await press('Enter');
      await choose('Quit Davit');
      await asks('quit');
    },
  },
  {
    name: 'Davit is left in spite of what is sent',
    scenario: 'quit',
    walk: async ({ press, on, sees, asks }) => {
      await press('Tab');
      await on('.dlg .btn:first-child');
      await press('Enter');
      await sees('.dlg', false);
      await asks('answerQuit true');
    },
  },
  {
    name: 'all that needs somebody is tried again',
    scenario: 'filter-needs-you',
    walk: async ({ to, press, asks }) => {
      await to('.filters .quiet');
      await press('Enter');
      await asks('retryAll');
    },
  },
  {
    name: 'each filter is chosen, and keeps the focus',
    scenario: 'list',
    walk: async ({ to, press, on, asks }) => {
      for (const [nth, filter] of [
        [2, 'moving'],
        [3, 'needs-you'],
        [4, 'done'],
        [1, 'all'],
      ]) {
        await to(`.tab:nth-of-type(${nth})`);
        await press('Enter');
        await on(`.tab:nth-of-type(${nth})`);
        await asks(`setView ${filter}`);
      }
    },
  },
  {
    name: 'all goes on',
    scenario: 'overview-paused',
    walk: async ({ to, press, asks }) => {
      await to('.bar .primary');
      await press('Enter');
      await asks('resumeAll');
    },
  },
  {
    name: 'a name that is taken gets a number',
    scenario: 'details-already-there',
    walk: async ({ to, press, asks }) => {
      await to(item(1));
      await press('Control+r');
      await asks('act keep-both');
    },
  },
  {
    name: 'a missing file is shown',
    scenario: 'details-file-missing',
    walk: async ({ to, press, asks, says }) => {
      await to('.panel-bar .mend');
      await press('Enter');
      await asks('findFile');
      await says('.toast', 'Found. It goes on with what was sent.');
    },
  },
  {
    name: 'a refused name gives way to the proposed one',
    scenario: 'details-name-refused',
    walk: async ({ to, press, asks }) => {
      await to(item(1));
      await press('Control+r');
      await asks('act proposed-name');
    },
  },
  {
    name: 'another destination is chosen by its keys',
    scenario: 'details-destination-gone',
    walk: async ({ to, press, choose, on, sees, asks }) => {
      await to(item(1));
      await press('Control+r');
      await sees('.row .menu');
      await press('Escape');
      await on(item(1));
      await press('Control+r');
      await choose('Lab › Slides › 2026');
      await asks('sendTo');
    },
  },
  {
    name: 'a network is signed in to by its page',
    scenario: 'waiting-portal',
    walk: async ({ to, press, asks }) => {
      await to('.panel-bar .mend');
      await press('Enter');
      await asks('openSignInPage');
    },
  },
  {
    name: 'the clock is set from a row',
    scenario: 'details-clock-wrong',
    walk: async ({ to, press, asks }) => {
      await to(item(1));
      await press('Control+r');
      await asks('openClockSettings');
    },
  },
  {
    name: 'a row leads to the password of the proxy',
    scenario: 'waiting-password',
    walk: async ({ to, press, on }) => {
      await to(item(1));
      await press('Control+r');
      await on('.set .password .btn:last-child');
    },
  },
  {
    name: 'a row leads to the update',
    scenario: 'details-client-too-old',
    walk: async ({ to, press, on }) => {
      await to(item(1));
      await press('Control+r');
      await on('.set .updates .btn');
    },
  },
  {
    name: 'the key and the checksum are copied, and a receipt is saved',
    scenario: 'details-done',
    walk: async ({ to, press, choose, copied, says, on }) => {
      await to("[aria-label='Copy key']");
      await press('Enter');
      await copied('key');
      await to("[aria-label='Copy checksum']");
      await press('Enter');
      await copied('checksum');
      await to(item(10));
      await press('Shift+F10');
      await choose('Save receipt');
      await says('.toast', 'Receipt saved');
      await on(item(10));
    },
  },
  {
    name: 'what IT may ask for is copied',
    scenario: 'details-failed',
    walk: async ({ to, press, copied }) => {
      await to("[aria-label='Copy reference']");
      await press('Enter');
      await copied('reference');
    },
  },
  {
    name: 'history is saved',
    scenario: 'history',
    walk: async ({ to, press, asks }) => {
      await to('.bar .quiet');
      await press('Enter');
      await asks('saveHistory');
    },
  },
];
