//! What our packages say of themselves, whatever their kind.

/// A package.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    /// Lines of a description.
    pub(crate) about: &'static [&'static str],
    /// Its programs, below `/usr/bin/`: what they are linked with is needed.
    pub(crate) programs: &'static [&'static str],
    /// What is needed beside that, as Debian calls it.
    pub(crate) depends: &'static [&'static str],
    /// What is missed without it.
    pub(crate) recommends: &'static [&'static str],
    /// Both as distributions with RPM call them.
    pub(crate) requires: &'static [&'static str],
    pub(crate) weak: &'static [&'static str],
    /// Files that an administrator may change.
    pub(crate) kept: &'static [&'static str],
    /// A service.
    pub(crate) unit: Option<&'static str>,
}

/// The window and the command line.
pub(crate) const APP: Package = Package {
    name: "davit",
    summary: "Uploads very large files to your company's storage",
    about: &[
        "Davit uploads files and folders of any size to a company's S3 bucket,",
        "without anybody holding a long-lived key. What was sent stays sent, and",
        "nothing is called done that is not provably there. This package has the",
        "window (davit-app) and the command line (davit).",
    ],
    programs: &["davit-app", "davit"],
    depends: &["ca-certificates"],
    recommends: &["libayatana-appindicator3-1", "gnome-keyring | kwalletmanager"],
    requires: &["ca-certificates"],
    weak: &["libayatana-appindicator-gtk3"],
    kept: &["/etc/xdg/autostart/Davit.desktop"],
    unit: None,
};

/// The service that hands out credentials.
pub(crate) const BACKEND: Package = Package {
    name: "davit-backend",
    summary: "Hands a company's people short-lived, narrow AWS credentials",
    about: &[
        "The credential service that a company runs for Davit: people in,",
        "short-lived credentials for one prefix out. It begins once",
        "/etc/davit-backend/backend.toml is there; an example lies in",
        "/usr/share/doc/davit-backend/.",
    ],
    programs: &["davit-backend"],
    depends: &["ca-certificates"],
    recommends: &[],
    requires: &["ca-certificates"],
    weak: &[],
    kept: &[],
    unit: Some("davit-backend.service"),
};

/// Our version as Debian and RPM order it: what comes before a release is less than it.
pub(crate) fn version() -> String {
    env!("CARGO_PKG_VERSION").replacen('-', "~", 1).replace('-', ".")
}

/// How this machine's processors are called in the names of packages.
pub(crate) fn debian_machine() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
