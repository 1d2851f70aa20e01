//! aws-sdk-s3-transfer-manager at its defaults.

use anyhow::Result;
use aws_sdk_s3_transfer_manager::io::{InputStream, walk::FsWalker};
use aws_sdk_s3_transfer_manager::{Client, Config};
use clap::Parser as _;
use davit_bench_sdk::Args;

// Its own threads do the work; AWS's example starts it so.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let args = Args::parse();
    let client = Client::new(Config::builder().s3_config(args.config().await.to_builder()).build());
    if args.path.is_dir() {
        let walker = FsWalker::builder().recursive(true).build();
        let upload = client.upload_objects().source(&args.path).bucket(&args.bucket).key_prefix(&args.prefix);
        upload.walker(walker).initiate()?.join().await?;
    } else {
        let body = InputStream::from_path(&args.path)?;
        let upload = client.upload().bucket(&args.bucket).key(args.key(&args.path)).body(body);
        upload.initiate()?.join().await?;
    }
    Ok(())
}
