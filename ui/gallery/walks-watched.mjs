// Watched folders without a pointer.

const ROW = ".wrow[tabindex='0']";

export const walksWatched = [
  {
    name: 'a watched folder rests and goes on, and all of them do',
    scenario: 'watched',
    walk: async ({ to, press, on, says }) => {
      await to(ROW);
      await press('Tab');
      await on(".wrow .ib[aria-label^='Pause']");
      await press('Enter');
      await on(".wrow .ib[aria-label^='Start again']");
      await press('Enter');
      await on(".wrow .ib[aria-label^='Pause']");
      await to('.bar .quiet');
      await press('Enter');
      await says('.bar .quiet', 'Resume all');
      await press('Enter');
      await says('.bar .quiet', 'Pause all');
    },
  },
  {
    name: 'what a watched folder does with its files is read in full, where it is cut',
    scenario: 'watched',
    size: 'compact',
    walk: async ({ to, tells }) => {
      await to(ROW);
      await tells('then move to _uploaded');
    },
  },
  {
    name: 'rows of watched folders by their arrows, and a sheet that gives the focus back',
    scenario: 'watched',
    walk: async ({ to, press, on, sees }) => {
      await to(ROW);
      await press('ArrowDown', 'End', 'Home', 'ArrowDown', 'Enter');
      await sees('.sheet');
      await on('.sheet *');
      await press('Escape');
      await sees('.sheet', false);
      await on(ROW);
    },
  },
  {
    name: 'More of a watched folder opens by its keys, and gives the focus back',
    scenario: 'watched',
    walk: async ({ to, press, on, sees }) => {
      await to(ROW);
      await press('ArrowDown', 'Shift+F10');
      await on('[role=menuitem]');
      await press('ArrowDown', 'Escape');
      await sees('.menu', false);
      await on(ROW);
    },
  },
  {
    name: 'a folder is watched no more once nobody can take that back, and what has the focus is seen',
    scenario: 'watched',
    walk: async ({ to, press, on, sees }) => {
      await to(ROW);
      await press('Shift+F10');
      await on('[role=menuitem]');
      await press('End', 'Enter');
      await sees('.toast');
      await to(ROW);
      await press('Shift+F10');
      await on('[role=menuitem]');
      // Another toast takes the place of the one before.
      await press('End', 'Enter');
      await sees('.toast');
      await to(ROW);
    },
  },
  {
    name: 'a right click opens More of a watched folder, and elsewhere nothing but in a field',
    scenario: 'watched',
    pointer: true,
    walk: async ({ page, press, on, sees }) => {
      await page.locator('.wrow').nth(1).click({ button: 'right' });
      await on('.wrow:nth-of-type(2) [role=menuitem]');
      await press('Escape');
      await on('.wrow:nth-of-type(2)');
      await page.evaluate(() => {
        const asked = () => new MouseEvent('contextmenu', { bubbles: true, cancelable: true });
        const field = document.body.appendChild(document.createElement('input'));
        const open = [...document.querySelectorAll('.side, .bar, .btn, .nav a')].filter((one) =>
          one.dispatchEvent(asked()),
        );
        document.body.dataset.menus = `${open.length} ${field.dispatchEvent(asked())}`;
        field.remove();
      });
      await sees('[data-menus="0 true"]');
    },
  },
  {
    name: 'what is there already is uploaded',
    scenario: 'watched-asks',
    walk: async ({ to, press, sees }) => {
      await to(ROW);
      await press('Tab', 'Enter');
      await sees('.asks', false);
    },
  },
  {
    name: 'what is there already is left',
    scenario: 'watched-asks',
    walk: async ({ to, press, sees }) => {
      await to(ROW);
      await press('Tab', 'Tab', 'Enter');
      await sees('.asks', false);
    },
  },
  {
    name: 'a folder is checked, and watched no more',
    scenario: 'watched-problem',
    walk: async ({ to, press, choose, on, sees }) => {
      await to('.wrow [aria-haspopup]');
      await press('Enter');
      await choose('Check now');
      await on('.wrow [aria-haspopup]');
      await press('Enter', 'End', 'Enter');
      await sees('.wrow', false);
    },
  },
  {
    name: 'a folder is added with everything in it',
    scenario: 'watched-none',
    walk: async ({ to, press, on, sees, asks }) => {
      await to('.bar .primary');
      await press('Enter');
      await on('.sheet *');
      await asks('previewWatch');
      await to('.sheet .primary');
      await press('Enter');
      await sees('.sheet', false);
      await sees('.wrow');
    },
  },
  {
    name: 'a folder is added with what is new alone',
    scenario: 'watched-new',
    walk: async ({ to, press, sees }) => {
      await to("[name$='-existing']");
      await press('ArrowDown');
      await to('.sheet .primary');
      await press('Enter');
      await sees('.sheet', false);
      await sees('.wrow');
    },
  },
  {
    name: 'what is half written in a sheet waits for who is led away, and is told when it is discarded',
    scenario: 'watched-edit',
    walk: async ({ page, to, press, on, says, sees }) => {
      await to("[name$='-same']");
      await press('ArrowDown');
      const chosen = await page.evaluate(() =>
        [...document.querySelectorAll("[name$='-same']")].findIndex((one) => one.checked),
      );
      await page.evaluate(() => window.gallery.fake.tell({ kind: 'wanted', what: { kind: 'needs-you' } }));
      await sees('.sheet', false);
      await on('.main *');
      await press('Control+2');
      await sees('.sheet');
      await sees(`.rad:nth-of-type(${chosen + 1}) [name$='-same']:checked`);
      await on('.sheet *');
      await press('Escape');
      await says('.toast', 'Changes discarded.');
      await sees('.sheet', false);
      await press('Control+z');
      await sees(`.rad:nth-of-type(${chosen + 1}) [name$='-same']:checked`);
    },
  },
  {
    name: 'a folder lies elsewhere by now',
    scenario: 'watched-edit',
    walk: async ({ to, press, on, sees }) => {
      await to('.sheet .line .btn');
      await press('Enter');
      await on('.sheet *');
      await to('.sheet .primary');
      await press('Enter');
      await sees('.sheet', false);
    },
  },
];
