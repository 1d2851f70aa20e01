//! Which bucket a `Host` names: `BUCKET.s3-accelerate.amazonaws.com`, `BUCKET.s3.REGION.amazonaws.com`,
//! `BUCKET.s3.localhost`, `BUCKET.localhost`, or none (path style). Neither port nor case matters.

use s3s::host::{S3Host, VirtualHost};
use s3s::{S3Result, s3_error};

pub(crate) struct Hosts {
    /// Base domains: the longer one first where one ends like another.
    bases: Vec<String>,
}

/// Hosts that know no path style and no bucket with a dot. Source: S3 user guide, "Requirements for using Transfer
/// Acceleration".
const ACCELERATED: [&str; 2] = ["s3-accelerate.amazonaws.com", "s3-accelerate.dualstack.amazonaws.com"];

impl Hosts {
    pub(crate) fn new(region: &str) -> Self {
        let regional = [format!("s3.{region}.amazonaws.com"), format!("s3.dualstack.{region}.amazonaws.com")];
        let fixed = ACCELERATED.iter().chain(&["s3.localhost", "localhost"]).map(ToString::to_string);
        Self { bases: fixed.chain(regional).collect() }
    }
}

impl S3Host for Hosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        let name = name.to_ascii_lowercase();
        for base in &self.bases {
            let Some(before) = name.strip_suffix(base.as_str()) else { continue };
            let accelerated = ACCELERATED.contains(&base.as_str());
            return match before.strip_suffix('.') {
                Some(bucket) if accelerated && bucket.contains('.') => {
                    Err(s3_error!(InvalidRequest, "acceleration serves no bucket with a dot in its name"))
                }
                Some(bucket) => Ok(VirtualHost::new(base.as_str()).with_bucket(bucket.to_owned())),
                None if before.is_empty() && !accelerated => Ok(VirtualHost::new(base.as_str())),
                None => Err(s3_error!(InvalidRequest, "the host names no bucket")),
            };
        }
        Ok(VirtualHost::new(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_names_the_bucket_whatever_the_port() {
        let hosts = Hosts::new("eu-central-1");
        let bucket = |host: &str| {
            hosts.parse_host_header(host).map(|named| named.bucket().map(str::to_owned)).map_err(|e| e.code().clone())
        };
        for (host, expected) in [
            ("media.s3-accelerate.amazonaws.com", Some("media")),
            ("media.s3-accelerate.dualstack.amazonaws.com:443", Some("media")),
            ("a.b.s3.eu-central-1.amazonaws.com", Some("a.b")),
            ("Media.S3.Localhost:9000", Some("media")),
            ("media.localhost:9000", Some("media")),
            ("s3.localhost", None),
            ("s3.eu-central-1.amazonaws.com", None),
            ("localhost:9000", None),
            ("other.example", None),
        ] {
            assert_eq!(bucket(host), Ok(expected.map(str::to_owned)), "{host}");
        }
        for host in ["s3-accelerate.amazonaws.com", "a.b.s3-accelerate.amazonaws.com", "xs3-accelerate.amazonaws.com"] {
            assert!(bucket(host).is_err(), "{host}");
        }
    }
}
