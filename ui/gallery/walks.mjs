// What a person does without a pointer, from the first key to the last.

const item = (id) => `[data-item='${id}']`;
const shape = (id, name) => `${item(id)} .st[aria-label='${name}']`;

export const walks = [
  {
    name: 'details open and close, and the row keeps the focus',
    scenario: 'list',
    walk: async ({ to, press, sees, on }) => {
      await to(item(1));
      await press('ArrowDown', 'Enter');
      await sees('.panel');
      await press('Escape');
      await sees('.panel', false);
      await on(item(2));
    },
  },
  {
    name: 'in the compact window the details have the focus, and give it back',
    scenario: 'list',
    size: 'compact',
    walk: async ({ to, press, sees, on }) => {
      await to(item(1));
      await press('ArrowDown', 'Enter');
      await on('.back');
      await press('Enter');
      await sees('.panel', false);
      await on(item(2));
    },
  },
  {
    name: 'in the compact window what is added over details is asked about, and left alone by Esc',
    scenario: 'details-uploading',
    size: 'compact',
    walk: async ({ press, sees, on }) => {
      await sees('.panel');
      await press('Control+o');
      await on('.tgt.big');
      await sees('.panel', false);
      await press('Escape');
      await sees('.targets', false);
      await sees('.panel');
      await press('Escape');
      await sees('.panel', false);
      await on('[role=row]');
    },
  },
  {
    name: 'in the compact window what is looked for comes in the place of the details',
    scenario: 'details-uploading',
    size: 'compact',
    walk: async ({ press, sees, on }) => {
      await press('Control+f');
      await on('[role=search] input');
      await sees('.panel', false);
    },
  },
  {
    name: 'the details alone are closed by their button, and not what is asked beside them',
    scenario: 'details-uploading',
    walk: async ({ to, press, sees }) => {
      await press('Control+o');
      await sees('.targets');
      await to('.panel-bar .hide-compact .ib');
      await press('Enter');
      await sees('.panel', false);
      await sees('.targets');
    },
  },
  {
    name: 'a toast that nothing can be taken back by is left alone by the shortcut for that',
    scenario: 'list',
    walk: async ({ to, press, sees }) => {
      await to(item(1));
      await press('ArrowDown', 'Control+l');
      await sees('.toast');
      await press('Control+z');
      await sees('.toast');
    },
  },
  {
    name: 'what is copied is added also from a switch',
    scenario: 'settings-general',
    walk: async ({ to, press, asks }) => {
      await to('[type=checkbox]');
      await press('Control+v');
      await asks('paste');
    },
  },
  {
    name: 'Space pauses and resumes',
    scenario: 'list',
    walk: async ({ to, press, sees, on }) => {
      await to(item(1));
      await press('ArrowDown', 'Space');
      await sees(shape(2, 'Paused'));
      await press('Space');
      await sees(shape(2, 'Uploading'));
      await on(item(2));
    },
  },
  {
    name: 'a cancelled row comes back by its shortcut',
    scenario: 'list',
    walk: async ({ to, press, sees, on }) => {
      await to(item(1));
      await press('ArrowDown', 'Delete');
      await sees(shape(2, 'Cancelled'));
      await sees('.toast .btn');
      await press('Control+z');
      await sees(shape(2, 'Uploading'));
      await sees('.toast', false);
      await on(item(2));
    },
  },
  {
    name: 'a removed row leaves the focus to its neighbour, and Undo in the toast brings it back',
    scenario: 'list',
    walk: async ({ to, press, sees, on }) => {
      await to(item(1));
      await press('End', 'ArrowUp', 'Delete');
      await sees(item(10), false);
      await on(item(11));
      await to('.toast .btn');
      await press('Enter');
      await sees(item(10));
      await on('[role=row], .ib');
    },
  },
  {
    name: 'what is done is cleared and comes back',
    scenario: 'list',
    walk: async ({ to, press, sees }) => {
      await to('.filters .quiet');
      await press('Enter');
      await sees(item(10), false);
      await sees('.filters .quiet', false);
      await press('Control+z');
      await sees(item(10));
      await sees(item(11));
    },
  },
  {
    name: 'what is done is cleared where only that is shown, and comes back',
    scenario: 'list',
    walk: async ({ to, press, sees }) => {
      await to('.tab:nth-of-type(4)');
      await press('Enter');
      await to('.filters .quiet');
      await press('Enter');
      await sees(item(10), false);
      await sees('.toast .btn');
      await press('Control+z');
      await sees(item(10));
    },
  },
  {
    name: 'the details of a removed row go with it',
    scenario: 'details-done',
    walk: async ({ to, press, sees }) => {
      await to('[data-item]');
      await press('Delete');
      await sees('.panel', false);
      await sees(item(10), false);
    },
  },
  {
    name: 'a person signs in and can go on at once',
    scenario: 'token',
    walk: async ({ press, sees, on, page }) => {
      await on('#token');
      await page.keyboard.type('a token');
      await press('Enter');
      await sees('.drop');
      await on('.drop .primary');
    },
  },
  {
    name: 'a token that only the connection kept from its company is there to be tried again',
    scenario: 'token',
    walk: async ({ press, says, on, page }) => {
      await page.evaluate(() => {
        const { fake } = window.gallery;
        fake.script = { ...fake.script, refuses: { code: 'offline', owner: 'user', detail: '', reference: null } };
      });
      await page.keyboard.type('a token');
      await press('Enter');
      await says('.errline', 'You are offline.');
      await on('#token');
      if ((await page.inputValue('#token')) !== 'a token') throw new Error('the token has to be written again');
    },
  },
  {
    name: 'a person signs in by the browser and can go on at once',
    scenario: 'sign-in',
    walk: async ({ press, sees, on }) => {
      await on('.cta .primary');
      await press('Enter');
      await sees('.drop');
      await on('.drop .primary');
    },
  },
  {
    name: 'the browser is opened again, and its sign-in left for another address',
    scenario: 'sign-in-code',
    walk: async ({ to, press, sees, on }) => {
      await to('.cta .btn');
      await press('Enter');
      await sees('.code');
      await to('.cta .quiet');
      await press('Enter');
      await sees('.code', false);
      await on('#address');
    },
  },
  {
    name: 'whoever may not use Davit comes by another account',
    scenario: 'sign-in-not-allowed',
    walk: async ({ press, sees, on }) => {
      await on('.cta .primary');
      await press('Enter');
      await sees('.errline');
      await on('.cta .primary');
    },
  },
  {
    name: 'a sign-in by the browser can wait',
    scenario: 'sign-in-again',
    walk: async ({ to, press, sees, on }) => {
      await to('.cta .btn:last-child');
      await press('Enter');
      await sees('.list');
      await on('[role=row]');
    },
  },
  {
    name: 'a sign-in can wait',
    scenario: 'signed-out-asking',
    walk: async ({ to, press, sees, on }) => {
      await on('#token');
      await to('.cta .btn:last-child');
      await press('Enter');
      await sees('.list');
      await on('[role=row]');
    },
  },
  {
    name: 'the last row of all can be removed',
    scenario: 'overview-nothing-left',
    walk: async ({ to, press, sees, on }) => {
      await to('[data-item]');
      await press('Delete');
      await sees('.drop');
      await on('.drop .primary');
    },
  },
  {
    name: 'a problem is tried again, by Tab and by shortcut',
    scenario: 'list',
    walk: async ({ to, press, sees }) => {
      await to(item(1));
      await press('ArrowDown', 'ArrowDown', 'Tab', 'Enter');
      await sees(shape(3, 'Waiting its turn'));
      await press('ArrowDown', 'Control+r');
      await sees(shape(4, 'Waiting its turn'));
    },
  },
  {
    name: 'a folder opens, its files are shown and searched, and all is closed again',
    scenario: 'list',
    walk: async ({ to, press, sees, on, page }) => {
      await to(item(1));
      await press('ArrowRight');
      await sees('.kids');
      await to('.kids .link');
      await press('Enter');
      await on('.sheet input');
      await page.keyboard.type('C00004');
      await press('Tab', 'Tab');
      await on('.sheet .kid .btn, .sheet .list');
      await press('Shift+Tab', 'ArrowDown');
      await on(".sheet [data-at='0']");
      await press('Escape');
      await sees('.sheet', false);
      await on('.kids .link');
      await press('ArrowLeft');
      await on(item(1));
      await press('ArrowLeft');
      await sees('.kids', false);
    },
  },
  {
    name: 'what is cut is read in full where the keyboard is, and nothing moves for it',
    scenario: 'list-open',
    walk: async ({ to, press, sees, tells }) => {
      await to(item(1));
      await press('ArrowDown', 'ArrowDown');
      await tells('A007_C003_1122QX_long-lens_pier-and-harbour_handheld.mxf');
      await press('Escape');
      await sees('.tip', false);
    },
  },
  {
    name: 'an open folder is walked through by the arrows, file by file, and left again',
    scenario: 'list-open',
    walk: async ({ to, press, on }) => {
      const kid = (nth) => `.kids > [role=row][aria-posinset='${nth}']`;
      await to(item(1));
      await press('ArrowRight');
      await on(kid(1));
      await press('ArrowDown', 'ArrowDown');
      await on(kid(3));
      await press('ArrowUp');
      await on(kid(2));
      await press('ArrowLeft');
      await on(item(1));
      await press('ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown');
      await on(kid(5));
      await press('ArrowDown');
      await on(item(2));
      await press('ArrowUp');
      await on(kid(5));
      await press('Enter');
      await on('.sheet input');
    },
  },
  {
    name: 'More opens by its keys, and gives the focus back',
    scenario: 'list',
    walk: async ({ to, press, sees, on }) => {
      await to(item(1));
      await press('Shift+F10');
      await on('[role=menuitem]');
      await press('ArrowDown', 'ArrowUp', 'End', 'Home', 'Escape');
      await sees('.menu', false);
      await on(item(1));
      await press('Tab', 'Tab', 'Enter', 'Escape');
      await on(`${item(1)} [aria-haspopup]`);
      await press('Enter', 'ArrowDown', 'Enter');
      await sees('.panel');
    },
  },
  {
    name: 'files are added, and the choice of a place can be left',
    scenario: 'list',
    walk: async ({ to, press, sees, on }) => {
      await to('.bar [aria-haspopup]');
      await press('Enter', 'ArrowDown', 'Enter');
      await on('.tgt.big');
      await press('Tab', 'Escape');
      await sees('.targets', false);
      await on('.bar [aria-haspopup]');
    },
  },
  {
    name: 'files are added to a chosen place',
    scenario: 'list',
    walk: async ({ to, press, sees, on }) => {
      await to('.bar [aria-haspopup]');
      await press('Control+o', 'Tab', 'Enter');
      await sees('.targets', false);
      await on('.bar [aria-haspopup]');
    },
  },
  {
    name: 'where the company has no place whom to ask is said, by whichever way files are added',
    scenario: 'empty-nowhere',
    walk: async ({ to, press, on, says, sees, leaves }) => {
      await says('.drop', 'Ask your administrator.');
      await to('.drop .btn');
      await press('Enter');
      await says('.toast', 'Ask your administrator.');
      await press('Control+o', 'Control+Shift+o', 'Control+v');
      await sees('.targets', false);
      await leaves('pickFiles', 'pickFolder', 'paste');
      await on('.drop .btn');
    },
  },
  {
    name: 'what is given where the company has no place is held in view, and can be let go',
    scenario: 'empty-nowhere-waiting',
    walk: async ({ to, press, says, sees }) => {
      await says('.waits', 'no place for you yet');
      await to('.waits .btn');
      await press('Enter');
      await sees('.waits', false);
    },
  },
  {
    name: 'a folder is not watched where the company has no place, and why stands there',
    scenario: 'watched-new-nowhere',
    walk: async ({ to, press, says, sees, leaves }) => {
      await says('.sheet', 'Ask your administrator.');
      await to('.sheet .primary');
      await press('Enter');
      await sees('.sheet .primary[aria-disabled=true]');
      await leaves('addWatch');
    },
  },
  {
    name: 'the usual place is changed in the empty window',
    scenario: 'empty',
    walk: async ({ to, press, on }) => {
      await to('.pick');
      await press('Enter', 'ArrowDown', 'Enter');
      await on('.pick');
    },
  },
  {
    name: 'a filter keeps the focus, also when nothing passes it',
    scenario: 'filter-none',
    walk: async ({ to, press, on, sees }) => {
      await to('.tab');
      await press('Enter');
      await on('.tab');
      await to('.tab:nth-of-type(4)');
      await press('Enter');
      await on('.tab:nth-of-type(4)');
      await sees('.list', false);
    },
  },
  {
    name: 'several rows are selected by Shift, and paused and resumed together',
    scenario: 'list',
    walk: async ({ to, press, sees, chosen, on }) => {
      await to(item(1));
      await press('ArrowDown', 'Shift+ArrowDown', 'Shift+ArrowDown', 'Shift+ArrowUp');
      await chosen(2, 3);
      await press('Shift+Home');
      await chosen(1, 2);
      await press('Space');
      await sees(shape(1, 'Paused'));
      await sees(shape(2, 'Paused'));
      await press('Space');
      await sees(shape(1, 'Uploading'));
      await sees(shape(2, 'Uploading'));
      await chosen(1, 2);
      await press('Escape');
      await chosen();
      await on(item(1));
    },
  },
  {
    name: 'all rows are selected, cancelled or removed by one press, and one Undo takes it back',
    scenario: 'list',
    walk: async ({ to, press, sees, chosen }) => {
      await to(item(1));
      await press('Control+a');
      await chosen(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
      await press('Delete');
      await sees(shape(2, 'Cancelled'));
      await sees(item(10), false);
      await sees('.toast .btn');
      await press('Control+z');
      await sees(shape(2, 'Uploading'));
      await sees(item(10));
      await chosen();
    },
  },
  {
    name: 'Ctrl and Shift with the pointer select as the keys do, and More is for all of them',
    scenario: 'list',
    pointer: true,
    walk: async ({ page, press, chosen, sees }) => {
      const name = (id) => page.locator(`${item(id)} .name`);
      await name(2).click();
      await name(5).click({ modifiers: ['Control'] });
      await chosen(2, 5);
      await name(7).click({ modifiers: ['Shift'] });
      await chosen(5, 6, 7);
      await press('Shift+F10');
      await page.locator('[role=menuitem]', { hasText: 'Cancel transfers (3)' }).click();
      await sees(shape(6, 'Cancelled'));
      await name(1).click();
      await chosen();
    },
  },
  {
    name: 'letters lead to a name, in the list and far outside what is shown',
    scenario: 'list',
    walk: async ({ to, press, on }) => {
      await to(item(1));
      await press('b');
      await on(item(3));
      await press('Home', 'd');
      await on(item(11));
      await press('Home', 'a', '0', '0', '1', '_', 'C', '0', '1', '5');
      await on(item(9));
    },
  },
  {
    name: 'letters find a name among many',
    scenario: 'many-rows',
    walk: async ({ to, page }) => {
      await to(item(1));
      const found = () => document.activeElement?.dataset.item === '3210';
      // Letters that come late begin a name anew: on a machine with much else to do it is typed again.
      let there = false;
      for (let more = 5; more > 0 && !there; more -= 1) {
        await page.keyboard.type('img_003210');
        there = await page.waitForFunction(found, null, { timeout: 5_000 }).then(
          () => true,
          () => false,
        );
      }
      if (!there) throw new Error('the name that was typed is not in focus');
    },
  },
  {
    name: 'a link is copied, and the file is shown where it lies',
    scenario: 'list',
    walk: async ({ to, press, copied, sees }) => {
      await to(item(1));
      await press('ArrowDown', 'Control+l');
      await copied('link 2');
      await sees('.toast');
      await press('Control+Shift+r');
      await copied('shown');
    },
  },
  {
    name: 'all is paused and resumed',
    scenario: 'list',
    walk: async ({ to, press, sees }) => {
      await to(item(1));
      await press('Control+Shift+p');
      await sees(shape(2, 'Paused'));
    },
  },
  {
    name: 'copied files are added',
    scenario: 'list',
    walk: async ({ to, press, on, sees }) => {
      await to(item(1));
      await press('Control+v');
      await on('.tgt.big');
      await press('Escape');
      await sees('.targets', false);
      await on(item(1));
    },
  },
  {
    name: 'a folder is added',
    scenario: 'list',
    walk: async ({ to, press, on }) => {
      await to(item(1));
      await press('Control+Shift+o');
      await on('.tgt.big');
    },
  },
  {
    name: 'the destination and a message for the administrator are copied',
    scenario: 'details-failed',
    walk: async ({ to, press, copied }) => {
      await to("[aria-label='Copy destination']");
      await press('Enter');
      await copied('Board › 2026');
      await to('.todo .btn');
      await press('Enter');
      await copied('Davit could not upload');
    },
  },
  {
    name: 'a row that is asked to pause says so before it does',
    scenario: 'pausing',
    walk: async ({ sees, press, on }) => {
      await sees(shape(2, 'Pausing'));
      await press('Tab', 'Enter');
      await sees(shape(2, 'Pausing'));
      await on(`${item(2)} .ib`);
    },
  },
  {
    name: 'a hundred thousand rows, from one end to the other',
    scenario: 'many-rows',
    walk: async ({ to, press, on, few }) => {
      await to(item(1));
      await press('End');
      await on(item(100_000));
      await press('ArrowUp', 'PageUp', 'Home');
      await on(item(1));
      await press('PageDown', 'PageDown', 'PageDown');
      await on('[role=row]');
      await few('[role=row]', 60);
    },
  },
  {
    name: 'a focused row that is scrolled away keeps the focus',
    scenario: 'many-rows',
    walk: async ({ to, press, on, page }) => {
      await to(item(1));
      await page.evaluate(() => (document.querySelector('.list').scrollTop = 2_000_000));
      await press('Shift');
      await on(item(1));
      await press('ArrowDown');
      await on(item(2));
    },
  },
  {
    name: 'F6 goes round the window',
    scenario: 'details-uploading',
    walk: async ({ press, on }) => {
      await press('F6');
      await on('.panel *');
      await press('F6');
      await on('.side *');
      await press('F6');
      await on('.bar *');
      await press('Shift+F6');
      await on('.side *');
    },
  },
  {
    name: 'a company that does not answer can be left for another',
    scenario: 'connecting',
    walk: async ({ to, press, on, page }) => {
      await page.waitForSelector('.cta .btn');
      await to('.cta .btn');
      await press('Enter');
      await on('#address');
    },
  },
  {
    name: 'an address is refused and the field has the focus',
    scenario: 'token-wrong',
    walk: async ({ to, press, on }) => {
      await on('#token');
      await to('.cta .quiet');
      await press('Enter');
      await on('#address');
    },
  },
  {
    name: 'history from one end to the other, and only what is seen of it exists',
    scenario: 'history',
    walk: async ({ to, press, on, few }) => {
      await to(item(11));
      await press('End');
      await on(item(48_200));
      await press('ArrowUp', 'PageUp', 'Home');
      await on(item(11));
      await press('ArrowDown', 'ArrowDown', 'ArrowDown', 'PageDown', 'PageDown', 'PageDown');
      await on('.hrow');
      await few('.hrow', 60);
    },
  },
  {
    name: 'a focused entry that is scrolled away keeps the focus',
    scenario: 'history',
    walk: async ({ to, press, on, page }) => {
      await to(item(11));
      await page.evaluate(() => (document.querySelector('.list').scrollTop = 900_000));
      await press('Shift');
      await on(item(11));
      await press('ArrowDown');
      await on(item(12));
    },
  },
  {
    name: 'history is searched and narrowed down, and everything is searched again',
    scenario: 'history',
    walk: async ({ to, press, says, sees, on, page }) => {
      await to(item(11));
      await press('Control+f');
      await on('.hbar input');
      await page.keyboard.type('fjord mov');
      await press('Shift');
      await says('.hfoot', 'of 48,112 transfers');
      await says('mark', 'fjord');
      await press('Escape');
      await says('.hfoot', '48,112 transfers');
      await on('.hbar input');
      await page.keyboard.type('fjord');
      await press('Tab', 'Tab', 'Enter', 'ArrowDown', 'Enter');
      await says('.hfoot', '3 of 48,112 transfers');
      await press('Tab', 'Enter', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter');
      await sees('.list', false);
      await says('.nothing', 'You are looking at cancelled transfers of today.');
      await to('.nothing .btn');
      await press('Enter');
      await says('.hfoot', '214 of 48,112 transfers');
      await on('.hbar input');
    },
  },
  {
    name: 'what ended has its link, its place and its details by their keys',
    scenario: 'history',
    walk: async ({ to, press, copied, says, sees, on }) => {
      await to(item(11));
      await press('Control+l');
      await copied('link 11');
      await press('Control+Shift+r');
      await copied('shown');
      await press('ArrowDown', 'ArrowDown', 'Control+l');
      await says('.toast', 'There is no link to this.');
      await press('ArrowDown', 'Enter');
      await says('.panel h2', 'Fjord documentary, camera originals, day 06');
      await on(item(14));
      await press('Shift+F10', 'ArrowDown', 'ArrowDown', 'Enter');
      await says('.toast', 'is in the list again.');
      await on(item(14));
      await press('Escape');
      await sees('.panel', false);
      await on(item(14));
      await press('Home', 'Enter');
      await sees('.panel');
    },
  },
  {
    name: 'the proof of what ended is copied, though its row is off the list',
    scenario: 'history',
    walk: async ({ to, press, copied, on, sees }) => {
      await to(item(11));
      await press('ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter');
      await sees('.panel canvas');
      for (const [what, wanted] of [
        ['Copy checksum', 'checksum'],
        ['Copy ETag', 'etag'],
        ['Copy version', 'version'],
      ]) {
        await to(`[aria-label='${what}']`);
        await press('Enter');
        await copied(wanted);
      }
      await press('Escape');
      await sees('.panel', false);
      await on('[role=row]');
    },
  },
  {
    name: 'in the compact window the details of what ended have the focus, and give it back',
    scenario: 'history',
    size: 'compact',
    walk: async ({ to, press, sees, on, says }) => {
      await to(item(11));
      await press('ArrowDown', 'Enter');
      await on('.back');
      await says('.back', 'History');
      await press('Enter');
      await sees('.panel', false);
      await on(item(12));
    },
  },
  {
    name: 'the list is searched by its key, and left again',
    scenario: 'list',
    walk: async ({ to, press, says, sees, on, page }) => {
      await to(item(1));
      await press('ArrowDown', 'Control+f');
      await on('.filters input');
      await page.keyboard.type('FJORD interview');
      await press('Shift');
      await says('.filters [role=status]', '2 found');
      await says('mark', 'interview');
      await sees(item(1), false);
      await press('ArrowDown');
      await on(item(2));
      await press('ArrowDown');
      await on(item(9));
      await press('Control+f');
      await on('.filters input');
      await press('Escape');
      await sees('.filters input', false);
      await sees(item(1));
      await on('[role=row]');
    },
  },
  {
    name: 'where nothing is found everything is searched again, and what is opened is closed before the search',
    scenario: 'find-none-moving',
    walk: async ({ to, press, says, sees, on }) => {
      await says('.nothing', 'Nothing matches “board 2025”');
      await says('.nothing', 'You are looking at what is moving.');
      await to('.nothing .btn');
      await press('Enter');
      await sees('.nothing p', false);
      await on('.filters input');
      await to('.nothing .btn');
      await press('Enter');
      await sees(item(1));
      await on('.filters input');
      await press('Enter', 'Enter');
      await sees('.panel');
      await press('Escape');
      await sees('.panel', false);
      await sees('.filters input');
      await press('Escape');
      await sees('.filters input', false);
      await on('[role=row]');
    },
  },
  {
    name: 'a hundred thousand rows are searched',
    scenario: 'many-rows',
    walk: async ({ to, press, says, on, few, page }) => {
      await to(item(1));
      await press('Control+f');
      await page.keyboard.type('099');
      await press('Shift');
      await says('.filters [role=status]', 'found');
      await few('[role=row]', 60);
      await press('Enter', 'End');
      await on('[role=row]');
      await press('Escape');
      await on('[role=row]');
    },
  },
  {
    name: 'all shortcuts are shown by their key, and the focus is where it was',
    scenario: 'list',
    walk: async ({ to, press, says, sees, on }) => {
      await to(item(1));
      await press('ArrowDown', 'Control+/');
      await on('.sheet .ib');
      await says('.sheet .keys', 'Ctrl+Shift+R');
      await press('Tab', 'Escape');
      await sees('.sheet', false);
      await on(item(2));
      await press('Control+/', 'Control+/');
      await sees('.sheet', false);
      await on(item(2));
    },
  },
  {
    name: 'history has its place, and gives the focus on',
    scenario: 'history',
    walk: async ({ to, press, sees, on }) => {
      await to(item(11));
      await press('Control+1');
      await sees('.filters');
      await on(item(1));
      await press('Control+3');
      await sees('.hbar');
      await on('.hbar input');
    },
  },
  {
    name: 'what ends while history is looked at leaves the focus where it is',
    scenario: 'history',
    walk: async ({ to, press, sees, on, page }) => {
      await to(item(11));
      await press('ArrowDown');
      await page.evaluate(() => {
        const { fake } = window.gallery;
        fake.ended({ ...fake.found[0], item: 22, name: 'just now.mov' });
      });
      await page.waitForSelector(item(22));
      await on(item(12));
      await press('Home');
      await on(item(22));
      await sees(item(12));
    },
  },
  {
    name: 'the limit is chosen for now, and the schedule is followed again',
    scenario: 'list',
    walk: async ({ to, press, says, sees, on }) => {
      await to('.side-foot .side-btn');
      await press('Enter', 'ArrowUp', 'Enter');
      await says('.side-foot .l1', 'Limit 20');
      await says('.hero .r', 'Limited to 20');
      await on('.side-foot .side-btn');
      await press('Enter', 'End', 'ArrowUp', 'Enter');
      await says('.side-foot .l1', 'Limit 50');
      await press('Enter', 'End', 'Enter');
      await sees('.set');
      await sees('.menu', false);
    },
  },
  {
    name: 'settings and back by their keys',
    scenario: 'list',
    walk: async ({ to, press, sees, on }) => {
      await to(item(1));
      await press('Control+,');
      await sees('.set');
      await on('.tab');
      await press('Control+1');
      await sees('.list');
      await on(item(1));
      await to('.nav [href="#settings"]');
      await press('Enter');
      await sees('.set');
      await on('.nav [aria-current]');
    },
  },
  {
    name: 'what is chosen in the tray, the menu bar or a notification is led to',
    scenario: 'shortcuts',
    pointer: true,
    walk: async ({ page, sees, says }) => {
      const chosen = async (what) => {
        await page.evaluate((what) => window.gallery.fake.tell({ kind: 'wanted', what }), what);
        await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      };
      await chosen({ kind: 'settings' });
      await sees('.sheet', false);
      await sees('.set');
      await chosen({ kind: 'needs-you' });
      await sees('.set', false);
      await says('.filters [aria-pressed=true]', 'Needs you');
      await chosen({ kind: 'row', item: 1 });
      await says('.filters [aria-pressed=true]', 'All');
      await sees('.panel');
      await chosen({ kind: 'shortcuts' });
      await sees('.sheet');
      await chosen({ kind: 'files' });
      await sees('.targets');
    },
  },
  {
    name: 'quitting is asked for, the focus stays there, and Escape keeps uploading',
    scenario: 'quit',
    walk: async ({ press, sees, on }) => {
      await on('.dlg .primary');
      await press('Tab');
      await on('.dlg .btn:first-child');
      await press('Tab');
      await on('.dlg .primary');
      await press('Control+2');
      await sees('.dlg');
      await press('Escape');
      await sees('.dlg', false);
    },
  },
  {
    name: 'a press beside the question leaves the focus in it, and nothing beneath it hears a key',
    scenario: 'quit',
    pointer: true,
    walk: async ({ page, press, sees, on, leaves }) => {
      await page.mouse.click(20, 20);
      await on('.dlg .primary');
      // Wherever the focus is.
      await page.evaluate(() => document.activeElement.blur());
      for (const key of ['Control+o', 'Control+v', 'Control+Shift+p', 'Control+2']) await page.keyboard.press(key);
      await leaves('pickFiles', 'paste', 'pauseAll', 'resumeAll');
      await sees('.nav [href="#transfers"][aria-current]');
      await press('Tab');
      await on('.dlg .btn');
      await press('Escape');
      await sees('.dlg', false);
    },
  },
  {
    name: 'beneath the sheet of all shortcuts nothing hears one, and Tab goes round in it',
    scenario: 'list',
    walk: async ({ to, press, sees, on, leaves }) => {
      await to(item(1));
      await press('Control+/');
      await press('Control+o', 'Control+Shift+p', 'Control+2', 'Control+f', 'Delete');
      await leaves('pickFiles', 'pauseAll', 'resumeAll', 'act cancel');
      await sees('.nav [href="#transfers"][aria-current]');
      await press('Tab');
      await on('.sheet .keys');
      await press('Tab');
      await on('.sheet .ib');
      await press('Shift+Tab');
      await on('.sheet .keys');
      await press('Escape');
      await sees('.sheet', false);
      await on(item(1));
    },
  },
  {
    name: 'files that are added in the settings are asked for in the list',
    scenario: 'settings-limits',
    walk: async ({ to, press, sees }) => {
      await to('.tab');
      await press('Control+o');
      await sees('.targets');
      await sees('.set', false);
    },
  },
  {
    name: 'the usual limit is chosen and written, and nothing else is taken',
    scenario: 'settings-limits',
    walk: async ({ to, press, says, sees, writes, kept, on }) => {
      await to('.seg input');
      await press('ArrowRight');
      await kept((limits) => limits.usual, 50e6);
      await press('Shift+Tab');
      await on('.opt .in input');
      await writes('fast');
      await says('.errline', 'Write a number');
      await kept((limits) => limits.usual, 50e6);
      await writes('2,5');
      await sees('.errline', false);
      await kept((limits) => limits.usual, 2.5e6);
      await press('Tab', 'ArrowLeft');
      await kept((limits) => limits.usual, null);
    },
  },
  {
    name: 'a time is added, changed, removed and put back',
    scenario: 'settings-limits',
    walk: async ({ to, press, says, sees, writes, kept, on }) => {
      await to('.add');
      await press('Enter');
      await on('.rule:last-child .pick');
      await press('Enter', 'End', 'Enter');
      await kept((limits) => limits.times[2].days.join(), 'sun');
      await on('.rule:last-child .pick');
      await press('Tab');
      await writes('22');
      await kept((limits) => limits.times[2].from, 22 * 60);
      await press('Tab');
      await writes('25:00');
      await says('.errline', 'Write a time');
      await press('Escape');
      await sees('.errline', false);
      await press('Tab', 'Enter', 'ArrowDown', 'Enter');
      await kept((limits) => limits.times[2].rule.kind, 'pause');
      await press('Tab', 'Enter');
      await kept((limits) => limits.times.length, 2);
      await on('.rule:last-child .ib');
      await press('Control+z');
      await kept((limits) => limits.times.length, 3);
      await on('.rule:last-child .ib');
      await to('.head .sw input');
      await press('Space');
      await kept((limits) => limits.scheduled, false);
      await sees('.rule', false);
    },
  },
  {
    name: 'a row in line is uploaded earlier and later, and keeps the focus',
    scenario: 'list',
    walk: async ({ to, press, order, sees, on }) => {
      await to(item(1));
      await press('ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown');
      await on(item(8));
      await press('Alt+ArrowDown');
      await order(6, 7, 9, 8);
      await on(item(8));
      await press('Alt+ArrowDown');
      await sees('.toast');
      await on(item(8));
      await press('Alt+ArrowUp');
      await order(6, 7, 8, 9);
      await on(item(8));
      await press('Shift+F10', 'End', 'ArrowUp', 'Enter');
      await order(6, 7, 9, 8);
      await press('Alt+Home');
      await on(item(8));
      await press('Alt+End');
      await order(6, 7, 9, 8);
      await on(item(8));
    },
  },
  {
    name: 'several rows in line move together',
    scenario: 'list',
    walk: async ({ to, press, order, chosen, on }) => {
      await to(item(1));
      await press('End', 'ArrowUp', 'ArrowUp', 'Shift+ArrowUp');
      await chosen(8, 9);
      await press('Alt+ArrowUp');
      await order(8, 7, 9, 6);
      await on(item(8));
      await chosen(8, 9);
    },
  },
  {
    name: 'what cannot move says why beside it, and does nothing',
    scenario: 'list',
    walk: async ({ to, press, says, sees, on }) => {
      await to(item(1));
      await press('ArrowDown', 'Shift+F10', 'End', 'ArrowUp', 'ArrowUp');
      await says(':focus', 'It uploads already');
      await press('Enter');
      await sees('.menu');
      await press('Escape', 'Alt+ArrowUp');
      await says('.toast', 'It uploads already.');
      await on(item(2));
    },
  },
];
