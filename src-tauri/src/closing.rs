//! Closing the window, and quitting: what goes on, what ends, and when a person is asked.
//!
//! Signals, and the end of a session, ask nobody (`signals`).

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rfd::{AsyncMessageDialog, MessageButtons, MessageDialogResult, MessageLevel};
use tauri::{Manager as _, WebviewWindow, WindowEvent};

use crate::notices::Notice;
use crate::shell::Shell;
use crate::views::ShellEvent;
use crate::{notify, tray, updates, words};

/// What a closed window leaves to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    /// It goes on without its window.
    GoesOn {
        /// That is said, once.
        says: bool,
    },
    /// Something would stop: the person is asked.
    Asks,
    /// Nothing.
    Ends,
}

/// How things are when a window is closed.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
struct Around {
    /// They want it to go on.
    keeps_working: bool,
    /// It began without its window.
    began_hidden: bool,
    /// There are watched folders.
    watches: bool,
    /// Something is sent.
    sends: bool,
    /// Something is, or will be by itself.
    goes_on: bool,
    /// They were told before that it goes on, and how they find it again.
    told: bool,
}

impl Around {
    const fn closing(self) -> Closing {
        if self.began_hidden && self.watches {
            return Closing::GoesOn { says: false };
        }
        if self.keeps_working && (self.goes_on || self.watches) {
            return Closing::GoesOn { says: !self.told };
        }
        if self.sends { Closing::Asks } else { Closing::Ends }
    }
}

/// Does as a person wants of the window and of the program, until that ends.
pub(crate) fn follow(window: &WebviewWindow, shell: &Arc<Shell>) {
    let (shown, asked) = (window.clone(), Arc::clone(shell));
    tauri::async_runtime::spawn(async move {
        loop {
            asked.quit_wanted().await;
            asked.quits(&shown).await;
        }
    });
    let (app, ends) = (window.app_handle().clone(), Arc::clone(shell));
    tauri::async_runtime::spawn(async move {
        ends.ended.notified().await;
        updates::before_the_end(&ends).await;
        app.exit(0);
    });
    let (shown, shell) = (window.clone(), Arc::clone(shell));
    window.on_window_event(move |event| match event {
        WindowEvent::CloseRequested { api, .. } => {
            // Whether it can be found again is asked first.
            api.prevent_close();
            let (shown, shell) = (shown.clone(), Arc::clone(&shell));
            tauri::async_runtime::spawn(async move { shell.closes(&shown).await });
        }
        WindowEvent::Focused(focused) => shell.has_focus(*focused),
        _ => {}
    });
}

impl Shell {
    /// The window is closed by its button.
    async fn closes(self: &Arc<Self>, window: &WebviewWindow) {
        let standing = self.standing();
        let tray = tray::is_seen(self).await;
        let around = Around {
            keeps_working: self.preferences().keep_working,
            began_hidden: self.is_at_work(),
            watches: self.watches_folders(),
            sends: standing.sends(),
            goes_on: standing.goes_on(),
            told: self.memory.told_of_closing(tray),
        };
        match around.closing() {
            Closing::GoesOn { says } => {
                let _ = window.hide();
                // Not every system tells that of a window which goes away.
                self.has_focus(false);
                self.memory.save();
                if says {
                    let (title, body) = words::goes_on(standing.goes_on(), tray);
                    notify::show(self, Notice { title, body, leads: None });
                    self.memory.tells_of_closing(tray);
                }
            }
            Closing::Asks => self.asks(window).await,
            Closing::Ends => self.ends(window),
        }
    }

    /// Somebody wants it to end; who would stop something is asked.
    async fn quits(self: &Arc<Self>, window: &WebviewWindow) {
        if self.standing().sends() { self.asks(window).await } else { self.ends(window) }
    }

    /// Asks in the window, where it is seen; else, or where the window has not answered yet, in a dialog of the system.
    async fn asks(&self, window: &WebviewWindow) {
        let uploading = self.standing().totals.moving;
        let again = self.asking.swap(true, Ordering::SeqCst);
        if !again && window.is_visible().unwrap_or(false) && self.tells_at_once(ShellEvent::Quitting { uploading }) {
            let _ = window.unminimize().and_then(|()| window.set_focus());
            return;
        }
        let Some(_one) = self.dialog() else { return };
        let (title, below) = words::quit(uploading);
        let now = words::say("quitting.now");
        let buttons = MessageButtons::OkCancelCustom(now.clone(), words::say("quitting.keep"));
        let dialog = AsyncMessageDialog::new().set_title(title).set_description(below).set_level(MessageLevel::Warning);
        let answer = dialog.set_buttons(buttons).show().await;
        // Some systems have words of their own for it.
        let quits = match answer {
            MessageDialogResult::Custom(said) => said == now,
            answer => answer == MessageDialogResult::Ok,
        };
        self.answers(quits);
        if !quits {
            // The window may have asked before.
            self.tells_at_once(ShellEvent::GoesOn);
        }
    }

    /// What was asked is answered. An answer to nothing ends nothing.
    pub(crate) fn answers(&self, quit: bool) {
        if self.asking.swap(false, Ordering::SeqCst) && quit {
            self.ended.notify_one();
        }
    }

    fn ends(&self, window: &WebviewWindow) {
        let _ = window.hide();
        self.ended.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Around =
        Around { keeps_working: true, began_hidden: false, watches: false, sends: false, goes_on: false, told: false };

    #[test]
    fn a_window_that_is_closed_while_something_is_sent_leaves_it_going_on_and_that_is_said_once() {
        let busy = Around { sends: true, goes_on: true, ..IDLE };
        assert_eq!(busy.closing(), Closing::GoesOn { says: true });
        assert_eq!(Around { told: true, ..busy }.closing(), Closing::GoesOn { says: false });
        assert_eq!(Around { sends: false, ..busy }.closing(), Closing::GoesOn { says: true }, "a pause will end");
        assert_eq!(Around { watches: true, ..IDLE }.closing(), Closing::GoesOn { says: true });
        assert_eq!(IDLE.closing(), Closing::Ends);
    }

    #[test]
    fn who_does_not_want_it_to_go_on_is_asked_before_anything_stops() {
        let around = Around { keeps_working: false, ..IDLE };
        assert_eq!(Around { sends: true, goes_on: true, ..around }.closing(), Closing::Asks);
        assert_eq!(Around { goes_on: true, ..around }.closing(), Closing::Ends, "nothing stops");
        assert_eq!(Around { watches: true, ..around }.closing(), Closing::Ends);
    }

    #[test]
    fn what_began_without_a_window_watches_on_without_a_word() {
        let hidden = Around { began_hidden: true, watches: true, keeps_working: false, ..IDLE };
        assert_eq!(hidden.closing(), Closing::GoesOn { says: false });
        assert_eq!(Around { watches: false, ..hidden }.closing(), Closing::Ends);
    }
}
