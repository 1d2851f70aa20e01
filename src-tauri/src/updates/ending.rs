//! The end of this program, and the next one: all comes to rest, what was fetched is put in place, Davit starts again where a
//! person asked for that.
//!
//! A signal, and the end of a session, leave no time for it, and macOS tells of ⌘Q as it does of that: what was fetched by then is put in
//! place by the next start, once, before it opens anything. A Davit that nobody ends does it itself, out of sight, while nothing is sent.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use davit_core::settings::Settings;
use davit_core::uploader::{Options, control};
use tauri::{AppHandle, Manager as _};
use tauri_plugin_updater::UpdaterExt as _;
use tokio::time::{Instant, timeout};

use super::genuine::{self, Refused};
use super::offer::{Ours, is_newer};
use super::place::Kind;
#[cfg(target_os = "macos")]
use super::place::app_of;
use super::{Means, State, rounds};
use crate::asked::{HIDDEN, UPDATED};
use crate::shell::Shell;

/// Whoever quits does not wait longer for what the store puts together; then the update waits for the next time.
const SOON: Duration = Duration::from_secs(10);
/// One that is ending is gone by then.
const ENDS_WITHIN: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);

/// What is to be done once everything rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The update is put in place.
    Installs,
    /// And Davit starts again.
    Restarts {
        /// Without its window, as it was.
        hidden: bool,
    },
}

impl End {
    /// What the next one is started with: not with the words of this one, in which are paths that were added before.
    const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Installs => &[],
            Self::Restarts { hidden: false } => &[UPDATED],
            Self::Restarts { hidden: true } => &[UPDATED, HIDDEN],
        }
    }

    /// The same to an installer for Windows. Source: Tauri's installer.nsi, `.onInstSuccess`: all behind `/ARGS` is the program's.
    fn to_installer(self) -> Vec<&'static str> {
        match self.words() {
            [] => Vec::new(),
            words => [&["/R", "/ARGS"][..], words].concat(),
        }
    }
}

/// A person wants the update now. What the store puts together is waited for.
pub(crate) fn install(shell: &Arc<Shell>) {
    ends(shell, End::Restarts { hidden: false }, || true);
}

/// Nobody sees it, and nothing is sent. Who opens the window meanwhile keeps it.
pub(super) fn install_unseen(app: &AppHandle, shell: &Arc<Shell>) {
    let (app, of) = (app.clone(), Arc::clone(shell));
    ends(shell, End::Restarts { hidden: true }, move || rounds::is_free(&app, &of));
}

/// Whether an update waits for the next start: the one that fetched it ended without a person's word, or by a power cut.
pub(crate) fn wait_for_a_start(shell: &Shell, options: &Options) -> bool {
    let Some(means) = shell.updates.means.get() else { return false };
    // The records are not open yet, and what a person wants stands beside them.
    let wanted = Settings::load(&options.home).map(|kept| kept.ruled(&options.policy.rules).settings.preferences);
    wanted.is_ok_and(|wanted| wanted.install_updates) && shell.updates.kept.untried(&means.running).is_some()
}

/// Puts it in place before anything is opened, and starts the next one in place of this one. Answers whether this one is to leave: so
/// it is as well where another start does that just now.
pub(crate) fn put_first(app: &AppHandle, shell: &Shell, hidden: bool) -> bool {
    let (updates, end) = (&shell.updates, End::Restarts { hidden });
    let Some(means) = updates.means.get() else { return false };
    let _alone = match updates.kept.alone(&means.running) {
        Ok(Some(alone)) => alone,
        Ok(None) => return true,
        Err(error) => {
            tracing::warn!(%error, "nobody knows whether another start puts the update in place");
            return false;
        }
    };
    // It is tried once: one that does not run, or calls itself another version, would be put in place at every start.
    if !updates.kept.failed() {
        return false;
    }
    let done = put(app, shell, means, end).and_then(|()| Ok(restart(app, end)?));
    if let Err(error) = &done {
        tracing::error!(%error, "the update was not put in place");
    }
    done.is_ok()
}

/// All comes to rest, and then ends so, where that is still right.
fn ends(shell: &Arc<Shell>, end: End, still: impl Fn() -> bool + Send + 'static) {
    let mut asked = false;
    shell.updates.state.send_if_modified(|state| {
        if let State::Ready { version, .. } = state {
            *state = State::Finishing { version: version.clone() };
            asked = true;
        }
        asked
    });
    if !asked {
        return;
    }
    let shell = Arc::clone(shell);
    tauri::async_runtime::spawn(async move {
        if let Ok(engine) = shell.engine()
            && let Err(error) = engine.come_to_rest().await
        {
            // Somebody took it back.
            return tracing::debug!(%error, "it does not rest");
        }
        if !still() {
            return leave(&shell);
        }
        if matches!(shell.updates.state(), State::Finishing { .. }) {
            *shell.updates.end() = Some(end);
            shell.ended.notify_one();
        }
    });
}

/// They do not want it now after all, and everything goes on.
pub(crate) fn leave(shell: &Shell) {
    let mut left = false;
    shell.updates.state.send_if_modified(|state| {
        if let State::Finishing { version } = state {
            *state = State::Ready { version: version.clone(), trouble: None };
            left = true;
        }
        left
    });
    if left && let Ok(engine) = shell.engine() {
        engine.go();
    }
}

/// A person ends it. An update that is there is put in place, unless they do not want that, or the store still puts something
/// together.
pub(crate) async fn before_the_end(shell: &Shell) {
    let updates = &shell.updates;
    if updates.end().is_some() {
        return;
    }
    let state = updates.state();
    let wanted = is_wanted(&state, shell.preferences().install_updates);
    // Whoever quits meanwhile does not want it to start again.
    if let State::Finishing { version } = state {
        updates.state.send_replace(State::Ready { version, trouble: None });
    }
    let rests = async {
        match shell.engine() {
            Ok(engine) => engine.come_to_rest().await.is_ok(),
            Err(_) => true,
        }
    };
    if wanted && is_so_soon(rests).await {
        updates.end().get_or_insert(End::Installs);
    }
}

/// Whether whoever quits gets it: they asked for it, or take them as they come. One that was tried in vain waits for a word of theirs.
const fn is_wanted(state: &State, by_themselves: bool) -> bool {
    match state {
        State::Finishing { .. } => true,
        State::Ready { trouble: None, .. } => by_themselves,
        _ => false,
    }
}

/// Whether everything rests before a person has waited too long for it.
async fn is_so_soon(rests: impl Future<Output = bool>) -> bool {
    timeout(SOON, rests).await == Ok(true)
}

/// Everything rests and is on record: does what is left to be done.
pub(crate) fn finish(app: &AppHandle, shell: &Shell) {
    let (end, means) = (shell.updates.end().take(), shell.updates.means.get());
    let (Some(end), Some(means)) = (end, means) else { return };
    if let Err(error) = put(app, shell, means, end) {
        tracing::error!(%error, "the update was not put in place");
        shell.updates.kept.failed();
    }
    // Also where it is the same as before: what was uploading goes on.
    if matches!(end, End::Restarts { .. })
        && let Err(error) = restart(app, end)
    {
        tracing::error!(%error, "Davit was not started again");
    }
}

/// Puts the update in place. On Windows this does not come back.
fn put(app: &AppHandle, shell: &Shell, means: &Means, end: End) -> Result<(), Box<dyn std::error::Error>> {
    let kept = &shell.updates.kept;
    let offer = kept.read().map(|record| record.offer).filter(|offer| is_newer(&offer.version, &means.running));
    let offer = offer.ok_or(Refused::NotNewer)?;
    let archive = std::fs::read(kept.archive(&offer.version))?;
    // Whatever became of the file meanwhile: what is checked is what is put in place.
    genuine::check(&archive[..], &offer, &means.source.key, Ours::of(means.place.kind))?;
    let updater = app.updater_builder().endpoints(vec![means.source.endpoint.clone()])?.pubkey(&means.source.spelt);
    // On Windows the installer starts the next one: with these words, and not, as the updater would have it, with those of this one.
    let updater =
        updater.target(&offer.target).restart_after_install(false).installer_args(end.to_installer()).build()?;
    // Asked again, of somebody else: restored so, the signature must be over the version.
    let update = updater.restore_update(offer.manifest())?.ok_or(Refused::NotNewer)?;
    if means.place.kind == Kind::AppImage {
        update.verify(&archive)?;
        return Ok(replace(&means.place.lies, &archive)?);
    }
    Ok(update.install(&archive)?)
}

/// Puts other bytes in the place of a program: at any moment it is the one or the other, whole. The updater would write over it.
fn replace(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let folder = file.parent().unwrap_or_else(|| Path::new("."));
    let mut beside = tempfile::NamedTempFile::new_in(folder)?;
    beside.write_all(bytes)?;
    beside.as_file().set_permissions(std::fs::metadata(file)?.permissions())?;
    beside.as_file().sync_all()?;
    beside.persist(file)?;
    // Where that cannot be done, a power cut may bring the former one back.
    #[cfg(unix)]
    let _ = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Starts what stands in its place now.
fn restart(app: &AppHandle, end: End) -> std::io::Result<()> {
    let program = tauri::process::current_binary(&app.env())?;
    // By the system's own way: it starts apps by their folder.
    #[cfg(target_os = "macos")]
    if let Some(bundle) = app_of(&program) {
        let mut open = Command::new("/usr/bin/open");
        // What is not to be seen stays behind whatever a person is at.
        open.args(if end == (End::Restarts { hidden: true }) { &["-n", "-g"][..] } else { &["-n"] });
        return open.arg(bundle).arg("--args").args(end.words()).spawn().map(drop);
    }
    Command::new(program).args(end.words()).spawn().map(drop)
}

/// The one that put this one in place may not be gone yet. Whoever is at work after that is another one.
pub(crate) async fn wait_for_the_one_before(home: &Path) {
    let begun = Instant::now();
    while control::is_at_work(home).await && begun.elapsed() < ENDS_WITHIN {
        tokio::time::sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use davit_core::net::Net;
    use davit_core::policy::Policy;
    use semver::Version;
    use serde_json::json;
    use tauri::utils::config::BundleType;

    use super::super::offer::Offer;
    use super::super::place::Place;
    use super::super::source::Source;
    use super::super::tampered::Publisher;
    use super::super::{Updates, find};
    use super::*;
    use crate::views::{NoUpdates, UpdateTrouble};

    fn options(home: &Path, policy: &str) -> Options {
        let file = home.join("policy.json");
        std::fs::write(&file, policy).expect("written");
        Options {
            home: home.to_owned(),
            server: None,
            token: None,
            net: Net::default(),
            policy: Policy::read(&file).expect("a policy"),
            dev_store: None,
            dev_accelerated: None,
            direct: None,
            concurrency: None,
            limit: None,
            hold: false,
            watch: false,
        }
    }

    /// A shell whose records nobody opened.
    fn shell(home: &Path) -> Arc<Shell> {
        Shell::new(&options(home, "{}"))
    }

    /// An update was fetched.
    fn keeps(updates: &Updates, version: &str) {
        let offer = Offer {
            version: version.parse().expect("a version"),
            target: "linux-x86_64".to_owned(),
            url: "https://example.com/davit".parse().expect("an address"),
            signature: "s".to_owned(),
        };
        updates.kept.keep(updates.kept.begin().expect("begun"), &offer).expect("kept");
    }

    /// What a Davit of version 0.2.0 needs for it.
    fn means(home: &Path) -> Means {
        let build = json!({ "pubkey": Publisher::new().key, "endpoints": ["https://example.com/davit.json"] });
        let source = Source::of(Some(&build), &Policy::default().updates).expect("a source");
        let program = home.join("Davit.AppImage");
        std::fs::write(&program, b"\x7fELF").expect("installed");
        let place = Place::of(Some(BundleType::AppImage), Some(program.as_os_str()), None).expect("a place");
        Means { running: Version::new(0, 2, 0), source, place }
    }

    fn ready(trouble: Option<UpdateTrouble>) -> State {
        State::Ready { version: Version::new(0, 3, 0), trouble }
    }

    fn finishing() -> State {
        State::Finishing { version: Version::new(0, 3, 0) }
    }

    #[test]
    fn who_quits_gets_the_update_that_is_there_unless_they_switched_that_off() {
        for (state, by_themselves, wanted) in [
            (ready(None), true, true),
            (ready(None), false, false),
            (ready(Some(UpdateTrouble::NotInstalled)), true, false),
            // They asked for it.
            (finishing(), false, true),
            (State::Current { checked: None, trouble: None }, true, false),
            (State::Looking, true, false),
            (State::Fetching { version: Version::new(0, 3, 0), percent: 99 }, true, false),
            (State::Off(NoUpdates::Company), true, false),
        ] {
            assert_eq!(is_wanted(&state, by_themselves), wanted, "{state:?}, {by_themselves}");
        }
    }

    #[tokio::test]
    async fn what_is_left_to_be_done_at_an_end_is_said_by_how_things_stand() {
        let home = tempfile::tempdir().expect("a folder");
        let again = End::Restarts { hidden: false };
        for (state, before, after, left) in [
            (ready(None), None, Some(End::Installs), ready(None)),
            // Whoever quits meanwhile does not want it to start again; what was asked for is done.
            (finishing(), None, Some(End::Installs), ready(None)),
            (finishing(), Some(again), Some(again), finishing()),
            (State::Looking, None, None, State::Looking),
        ] {
            let shell = shell(home.path());
            shell.updates.state.send_replace(state.clone());
            *shell.updates.end() = before;
            before_the_end(&shell).await;
            assert_eq!((*shell.updates.end(), shell.updates.state()), (after, left), "{state:?}");
        }
    }

    #[tokio::test]
    async fn who_opens_the_window_while_an_update_comes_unseen_keeps_it() {
        let home = tempfile::tempdir().expect("a folder");
        for (unseen, rests) in [(false, ready(None)), (true, finishing())] {
            let shell = shell(home.path());
            shell.updates.state.send_replace(ready(None));
            ends(&shell, End::Restarts { hidden: true }, move || unseen);
            let ended = async {
                let mut state = shell.updates.state.subscribe();
                tokio::select! {
                    () = shell.ended.notified() => {}
                    left = state.wait_for(|state| matches!(state, State::Ready { .. })) => drop(left.expect("it is told")),
                }
            };
            ended.await;
            assert_eq!((shell.updates.state(), shell.updates.end().is_some()), (rests, unseen));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_quits_waits_for_the_store_for_ten_seconds_and_no_longer() {
        let begun = Instant::now();
        assert!(!is_so_soon(std::future::pending()).await);
        let waited = begun.elapsed();
        assert!((SOON..SOON + Duration::from_secs(1)).contains(&waited), "{waited:?}");
        let rests = async {
            tokio::time::sleep(SOON / 2).await;
            true
        };
        assert!(is_so_soon(rests).await);
        assert!(!is_so_soon(async { false }).await, "somebody took it back");
    }

    #[test]
    fn an_update_waits_for_a_start_where_there_can_be_any_and_it_was_not_tried() {
        let home = tempfile::tempdir().expect("a folder");
        let shell = shell(home.path());
        let waits = |policy: &str| wait_for_a_start(&shell, &options(home.path(), policy));
        keeps(&shell.updates, "0.3.0");
        assert!(!waits("{}"), "this one looks for no updates");
        shell.updates.means.get_or_init(|| Arc::new(means(home.path())));
        assert!(waits("{}"));
        assert!(!waits(r#"{ "locks": { "install_updates": false } }"#), "they come at a word alone");
        assert!(shell.updates.kept.failed());
        assert!(!waits("{}"), "once is enough");
        keeps(&shell.updates, "0.2.0");
        assert!(!waits("{}"), "it runs already");
    }

    #[test]
    fn where_the_company_brings_updates_nobody_looks_and_what_was_fetched_goes() {
        let home = tempfile::tempdir().expect("a folder");
        let shell = Shell::new(&options(home.path(), r#"{ "updates": { "enabled": false } }"#));
        keeps(&shell.updates, "0.3.0");
        find(&shell, &tauri::Config::default(), &Version::new(0, 2, 0));
        assert_eq!(shell.updates.state(), State::Off(NoUpdates::Company));
        assert!(shell.updates.means.get().is_none(), "nobody is asked without them");
        assert_eq!(std::fs::read_dir(home.path().join("updates")).expect("listed").count(), 0);
        assert!(!wait_for_a_start(&shell, &options(home.path(), "{}")));
    }

    #[cfg(unix)]
    #[test]
    fn a_program_is_replaced_whole_and_runs_as_before() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("Davit.AppImage");
        let says = |words: &str| format!("#!/bin/sh\necho {words}\n");
        std::fs::write(&program, says("before")).expect("written");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("it may run");
        // Whoever runs the former one still has it.
        let running = std::fs::File::open(&program).expect("it runs");
        replace(&program, says("after").as_bytes()).expect("replaced");
        let said = Command::new(&program).output().expect("it starts");
        assert_eq!(String::from_utf8_lossy(&said.stdout), "after\n");
        assert_eq!(std::io::read_to_string(running).expect("read"), says("before"));
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1, "nothing is left beside it");
    }

    #[test]
    fn the_next_one_is_as_visible_as_this_one_and_is_told_nothing_else_of_it() {
        assert_eq!(End::Restarts { hidden: false }.words(), [UPDATED]);
        assert_eq!(End::Restarts { hidden: true }.words(), [UPDATED, HIDDEN]);
        assert!(End::Installs.words().is_empty());
    }

    #[test]
    fn an_installer_for_windows_starts_the_next_one_as_updated_and_only_where_somebody_wants_it() {
        assert_eq!(End::Restarts { hidden: false }.to_installer(), ["/R", "/ARGS", "--updated"]);
        assert_eq!(End::Restarts { hidden: true }.to_installer(), ["/R", "/ARGS", "--updated", "--hidden"]);
        assert!(End::Installs.to_installer().is_empty());
    }

    #[test]
    fn what_cannot_be_replaced_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let gone = folder.path().join("Davit.AppImage");
        replace(&gone, b"after").expect_err("there is nothing to replace");
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 0);
    }
}
