//! What both uploaders on AWS's SDK are asked. The CA that they trust is in `SSL_CERT_FILE`.

use std::path::{Path, PathBuf};

/// A file or a folder of files, and where it goes.
#[derive(Debug, clap::Parser)]
#[command(version = env!("PEERS"))]
pub struct Args {
    /// A file, or a folder of files.
    pub path: PathBuf,
    /// The store.
    #[arg(long)]
    pub endpoint_url: String,
    /// The bucket.
    #[arg(long)]
    pub bucket: String,
    /// What stands before the names.
    #[arg(long)]
    pub prefix: String,
}

impl Args {
    /// The SDK's defaults, at this store.
    pub async fn config(&self) -> aws_sdk_s3::Config {
        let shared = aws_config::load_from_env().await;
        let config = aws_sdk_s3::config::Builder::from(&shared);
        config.endpoint_url(&self.endpoint_url).force_path_style(true).build()
    }

    /// All files.
    ///
    /// # Errors
    /// What the system says of the folder.
    pub fn files(&self) -> std::io::Result<Vec<PathBuf>> {
        if !self.path.is_dir() {
            return Ok(vec![self.path.clone()]);
        }
        std::fs::read_dir(&self.path)?.map(|entry| Ok(entry?.path())).collect()
    }

    /// The key of a file.
    pub fn key(&self, file: &Path) -> String {
        format!("{}/{}", self.prefix, file.file_name().unwrap_or_default().to_string_lossy())
    }
}
