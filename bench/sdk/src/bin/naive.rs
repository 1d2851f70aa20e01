//! aws-sdk-s3 as one writes it first: `ByteStream::read_from()` for parts, `from_path()` for files, eight at a time, and
//! everything else as the SDK has it.

use std::path::Path;

use anyhow::{Context as _, Result};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{ByteStream, Length};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use clap::Parser as _;
use davit_bench_sdk::Args;
use futures::{StreamExt as _, TryStreamExt as _, stream};

const AT_A_TIME: usize = 8;
const PART: u64 = 8 << 20;

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let client = Client::from_conf(args.config().await);
    let sent = stream::iter(args.files()?).map(|file| {
        let (client, args) = (client.clone(), &args);
        async move {
            let size = std::fs::metadata(&file)?.len();
            let key = args.key(&file);
            if size < 2 * PART {
                let body = ByteStream::from_path(&file).await?;
                client.put_object().bucket(&args.bucket).key(key).body(body).send().await?;
                return Ok(());
            }
            parts(&client, &args.bucket, &key, &file, size).await
        }
    });
    sent.buffer_unordered(AT_A_TIME).try_collect::<Vec<()>>().await.map(drop)
}

async fn parts(client: &Client, bucket: &str, key: &str, file: &Path, size: u64) -> Result<()> {
    let upload = client.create_multipart_upload().bucket(bucket).key(key).send().await?;
    let id = upload.upload_id().context("no upload id")?;
    let sent = stream::iter(0..size.div_ceil(PART)).map(|n| async move {
        let offset = n * PART;
        let length = Length::Exact(PART.min(size - offset));
        let body = ByteStream::read_from().path(file).offset(offset).length(length).build().await?;
        let number = i32::try_from(n + 1)?;
        let request = client.upload_part().bucket(bucket).key(key).upload_id(id).part_number(number);
        let answer = request.body(body).send().await?;
        let part = CompletedPart::builder().part_number(number).set_e_tag(answer.e_tag);
        anyhow::Ok(part.set_checksum_crc32(answer.checksum_crc32).build())
    });
    let mut parts: Vec<_> = sent.buffer_unordered(AT_A_TIME).try_collect().await?;
    parts.sort_by_key(CompletedPart::part_number);
    let list = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let complete = client.complete_multipart_upload().bucket(bucket).key(key).upload_id(id);
    complete.multipart_upload(list).send().await?;
    Ok(())
}
