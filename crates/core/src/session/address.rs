//! What a person types as the company's address, made a base URL: https, or plain http on loopback.

use std::net::Ipv4Addr;

use http::Uri;
use url::{Host, Url};

use crate::error::{Error, ErrorCode, Result};

/// The base URL of a typed address.
///
/// # Errors
/// `bad-input` for what is no address, `address-insecure` for plain http elsewhere than on loopback.
pub fn parse(typed: &str) -> Result<Url> {
    let mut url = endpoint(typed)?;
    url.set_query(None);
    url.set_fragment(None);
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

/// An address as it stands, with its path and query.
///
/// # Errors
/// As [`parse`].
pub fn endpoint(typed: &str) -> Result<Url> {
    let typed = typed.trim();
    let bad = |why: &str| Error::new(ErrorCode::BadInput).detail(why.to_owned());
    if typed.is_empty() || typed.contains(char::is_whitespace) {
        return Err(bad("not an address"));
    }
    let with_scheme = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    let url = Url::parse(&with_scheme).map_err(|_| bad("not an address"))?;
    check(&url)?;
    Ok(url)
}

/// The one rule for every address that Davit sends to: https, or plain http on loopback.
///
/// # Errors
/// As [`parse`].
pub fn check(url: &Url) -> Result<()> {
    let bad = |why: &str| Error::new(ErrorCode::BadInput).detail(why.to_owned());
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("an address with a name or password in it"));
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(url) => {}
        "http" => return Err(Error::new(ErrorCode::AddressInsecure).detail(format!("plain http: {url}"))),
        _ => return Err(bad("not a web address")),
    }
    if url.host().is_none() {
        return Err(bad("no host"));
    }
    Ok(())
}

/// Whether an address never leaves this computer.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether what is asked for never leaves this computer.
pub(crate) fn is_loopback_uri(to: &Uri) -> bool {
    to.to_string().parse().is_ok_and(|url| is_loopback(&url))
}

/// Whether an address leads to this computer that was named at another one, which names none here. It goes by how addresses are
/// written: names are not resolved, and one of another domain may lead here all the same.
pub fn leads_here(url: &Url, named_by: &Url) -> bool {
    is_here(url) && !is_loopback(named_by)
}

/// Whether an address is one of this computer, however it is written. What is spelt oddly is not let through by plain http for
/// it ([`is_loopback`]).
fn is_here(url: &Url) -> bool {
    let here = |ip: Ipv4Addr| ip.is_loopback() || ip.is_unspecified();
    match url.host() {
        Some(Host::Ipv4(ip)) => here(ip),
        Some(Host::Ipv6(ip)) => ip.is_loopback() || ip.is_unspecified() || ip.to_ipv4_mapped().is_some_and(here),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_becomes_a_base_address() {
        let base = |typed| parse(typed).map(String::from).expect(typed);
        assert_eq!(base(" uploads.example.com "), "https://uploads.example.com/");
        assert_eq!(base("https://example.com/davit?x#y"), "https://example.com/davit/");
        assert_eq!(base("http://127.0.0.1:8080"), "http://127.0.0.1:8080/");
    }

    #[test]
    fn what_is_no_safe_address_is_refused() {
        let code = |typed| parse(typed).expect_err(typed).code;
        assert_eq!(code("http://example.com"), ErrorCode::AddressInsecure);
        for bad in ["", "two words", "ftp://example.com", "https://user:pw@example.com", "https://"] {
            assert_eq!(code(bad), ErrorCode::BadInput);
        }
    }

    #[test]
    fn this_computer_is_known_by_all_of_its_names() {
        let here = |address| is_here(&Url::parse(address).expect(address));
        for name in [
            "https://127.0.0.1/",
            "https://127.8.8.8:9/",
            "https://2130706433/",
            "https://0.0.0.0/",
            "https://[::1]/",
            "https://[::]/",
            "https://[::ffff:127.0.0.1]/",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://id.localhost:8/",
        ] {
            assert!(here(name), "{name}");
        }
        for name in ["https://id.example.com/", "https://localhost.example.com/", "https://10.0.0.1/"] {
            assert!(!here(name), "{name}");
        }
    }
}
