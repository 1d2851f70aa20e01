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
    /// What some people miss without it.
    pub(crate) suggests: &'static [&'static str],
    /// All three as distributions with RPM call them.
    pub(crate) requires: &'static [&'static str],
    pub(crate) weak: &'static [&'static str],
    pub(crate) weaker: &'static [&'static str],
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
    // By it the menu of GNOME Files has us.
    suggests: &["python3-nautilus"],
    requires: &["ca-certificates", "hicolor-icon-theme"],
    weak: &["libayatana-appindicator-gtk3"],
    weaker: &["nautilus-python"],
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
    suggests: &[],
    requires: &["ca-certificates"],
    weak: &[],
    weaker: &[],
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

/// Who is asked about a package, and where more is said of it: whoever packs it says so by `DAVIT_MAINTAINER` (`Name <address>`)
/// and `DAVIT_HOMEPAGE`.
pub(crate) struct Packer {
    pub(crate) maintainer: String,
    pub(crate) homepage: Option<String>,
}

impl Packer {
    pub(crate) fn said() -> anyhow::Result<Self> {
        let said = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let repository = said("GITHUB_SERVER_URL").zip(said("GITHUB_REPOSITORY"));
        let of_repository = repository.map(|(server, name)| format!("{server}/{name}"));
        Self::of(said("DAVIT_MAINTAINER"), said("DAVIT_HOMEPAGE").or(of_repository))
    }

    fn of(maintainer: Option<String>, homepage: Option<String>) -> anyhow::Result<Self> {
        let maintainer = maintainer.unwrap_or_else(|| {
            println!("== DAVIT_MAINTAINER is not set: the packages name an address that nobody reads");
            // A name that is kept free. Source: RFC 2606.
            "The Davit authors <davit@packages.invalid>".to_owned()
        });
        let address = maintainer.rsplit_once(" <").and_then(|(_, rest)| rest.strip_suffix('>'));
        let plain = maintainer.chars().all(|c| !c.is_control()) && address.is_some_and(|address| address.contains('@'));
        anyhow::ensure!(
            plain,
            "DAVIT_MAINTAINER is {maintainer}, and has to be as in: Example Films IT <it@example.com>"
        );
        if let Some(homepage) = &homepage {
            let plain = homepage.starts_with("https://") && homepage.bytes().all(|byte| byte.is_ascii_graphic());
            anyhow::ensure!(plain, "DAVIT_HOMEPAGE is {homepage}, and has to be an https:// address");
        }
        Ok(Self { maintainer, homepage })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_asked_about_a_package_has_an_address() {
        let of = |name: &str| Packer::of(Some(name.to_owned()), None);
        assert_eq!(
            of("Example Films IT <it@example.com>").expect("an address").maintainer,
            "Example Films IT <it@example.com>"
        );
        for none in ["Example Films IT", "it@example.com", "IT <it>", "IT\nX: y <it@example.com>"] {
            assert!(of(none).is_err(), "{none}");
        }
        assert!(Packer::of(None, None).expect("some").maintainer.ends_with("@packages.invalid>"));
        assert!(Packer::of(None, Some("example.com".to_owned())).is_err());
    }
}
