//! Which bucket a `Host` names: `BUCKET.s3-accelerate.amazonaws.com`, `BUCKET.s3.REGION.amazonaws.com`,
//! `BUCKET.localhost`, or none (path style). The port does not matter.

use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

pub(crate) struct Hosts {
    pub(crate) region: String,
}

impl S3Host for Hosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        let regional = format!(".s3.{}.amazonaws.com", self.region);
        let domains =
            [".s3-accelerate.amazonaws.com", ".s3-accelerate.dualstack.amazonaws.com", &regional, ".localhost"];
        for domain in domains {
            if let Some(bucket) = name.strip_suffix(domain) {
                return Ok(VirtualHost::new(name).with_bucket(bucket));
            }
        }
        Ok(VirtualHost::new(name))
    }
}
