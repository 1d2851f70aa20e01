//! What the page may ask. No command takes a path, bucket or key; the only addresses are the company's and a proxy's, as
//! typed.

pub mod diagnostics;
pub mod history;
pub mod inbox;
pub mod limits;
pub mod login;
pub mod network;
pub mod preferences;
pub mod session;
pub mod transfers;
pub mod updates;
pub mod watches;

use tauri::{Builder, Runtime, generate_handler};

/// Gives every command to a builder, the app's or a test's.
pub fn register<R: Runtime>(builder: Builder<R>) -> Builder<R> {
    builder.invoke_handler(generate_handler![
        session::hello,
        session::connect,
        session::sign_in,
        session::sign_in_by_browser,
        session::leave_sign_in,
        session::sign_out,
        session::forget_company,
        session::subscribe_shell,
        history::search_history,
        history::history_rows,
        history::history_details,
        history::save_history,
        history::upload_again,
        session::answer_quit,
        session::quit,
        inbox::pick_files,
        inbox::pick_folder,
        inbox::paste,
        inbox::discard,
        inbox::enqueue,
        limits::limits,
        limits::set_limits,
        limits::concurrency,
        limits::set_concurrency,
        limits::choose_limit,
        limits::follow_schedule,
        network::network,
        network::set_proxy,
        network::set_proxy_login,
        network::forget_proxy_login,
        network::open_sign_in_page,
        diagnostics::checked,
        diagnostics::check_connection,
        diagnostics::stop_check,
        diagnostics::save_report,
        diagnostics::detailed_log,
        diagnostics::set_detailed_log,
        diagnostics::open_clock_settings,
        login::starts_at_login,
        login::start_at_login,
        preferences::preferences,
        preferences::set_preferences,
        preferences::setting_sources,
        preferences::has_tray,
        preferences::zoom,
        transfers::subscribe,
        transfers::set_view,
        transfers::act,
        transfers::pause_all,
        transfers::resume_all,
        transfers::retry_all,
        transfers::clear_done,
        transfers::undo_clear,
        transfers::rows,
        transfers::folder_files,
        transfers::copy_link,
        transfers::copy_text,
        transfers::copy_words,
        transfers::save_receipt,
        transfers::show_in_folder,
        transfers::find_file,
        transfers::send_to,
        updates::updates,
        updates::check_updates,
        updates::install_update,
        updates::leave_update,
        watches::subscribe_watches,
        watches::pick_watch_root,
        watches::preview_watch,
        watches::check_wishes,
        watches::add_watch,
        watches::change_watch,
        watches::answer_watch,
        watches::pause_watch,
        watches::resume_watch,
        watches::pause_watches,
        watches::resume_watches,
        watches::relocate_watch,
        watches::check_watch,
        watches::stop_watch,
    ])
}

/// Every command's name: what `build.rs` declares.
pub const NAMES: &[&str] = include!("names.in");

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read(path: &str) -> String {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
    }

    #[test]
    fn the_page_may_call_every_command_and_nothing_else_of_ours() {
        let capability: serde_json::Value = serde_json::from_str(&read("capabilities/main.json")).expect("JSON");
        let granted: Vec<_> =
            capability["permissions"].as_array().expect("a list").iter().filter_map(|p| p.as_str()).collect();
        let wanted: Vec<_> = NAMES.iter().map(|name| format!("allow-{}", name.replace('_', "-"))).collect();
        assert!(wanted.iter().all(|name| granted.contains(&name.as_str())), "{granted:?}");
        assert_eq!(granted.len(), wanted.len(), "and nothing of the shell's besides: {granted:?}");
        assert!(capability.get("remote").is_none());
        let registered = read("src/commands/mod.rs");
        let ipc = read("../ui/src/ipc/index.ts");
        for name in NAMES {
            assert!(registered.contains(&format!("::{name},")), "{name} is not registered");
            assert!(ipc.contains(&format!("'{name}'")), "{name} is not in ui/src/ipc/index.ts");
        }
    }

    #[test]
    fn beyond_our_commands_the_page_may_move_its_window_on_macos_and_nothing_else() {
        let capability: serde_json::Value = serde_json::from_str(&read("capabilities/macos.json")).expect("JSON");
        let moves = ["core:window:allow-start-dragging", "core:window:allow-internal-toggle-maximize"];
        assert_eq!(capability["permissions"], serde_json::json!(moves));
        assert_eq!(capability["platforms"], serde_json::json!(["macOS"]));
        assert!(capability.get("remote").is_none());
        let config: serde_json::Value = serde_json::from_str(&read("tauri.conf.json")).expect("JSON");
        assert_eq!(config["app"]["security"]["capabilities"], serde_json::json!(["main", "macos"]));
    }

    #[test]
    fn the_windows_configuration_stays_strict() {
        let config: serde_json::Value = serde_json::from_str(&read("tauri.conf.json")).expect("JSON");
        let (app, security) = (&config["app"], &config["app"]["security"]);
        assert_eq!(app["withGlobalTauri"], false);
        assert_eq!(security["freezePrototype"], true);
        let csp = security["csp"].as_str().expect("a policy");
        assert!(!csp.contains("unsafe") && csp.starts_with("default-src 'self'"), "{csp}");
        for lax in ["dangerousDisableAssetCspModification", "assetProtocol", "dangerousRemoteDomainIpcAccess"] {
            assert!(security.get(lax).is_none(), "{lax}");
        }
        let updater = &config["plugins"]["updater"];
        assert_eq!(updater["requireSignedVersion"], true);
        for lax in ["Downgrades", "InsecureTransportProtocol", "InvalidCerts", "InvalidHostnames"] {
            assert!(!updater.to_string().contains(lax), "{lax}");
        }
    }
}
