//! What may be logged at all. Spans and events of ours carry no secrets; libraries below us print requests at their
//! finer levels, and requests hold key ids and tokens. Whatever a person asks for, those stay quiet.

/// Directives of a log filter of its own, which a line has to pass besides the person's. Added to the person's they would
/// win over them, and bring lines that nobody asked for.
pub const CAPS: &[&str] = &[
    "aws_config=info",
    "aws_credential_types=info",
    "aws_runtime=info",
    "aws_sdk_s3=info",
    "aws_sdk_sts=info",
    "aws_sigv4=info",
    "aws_smithy_http=info",
    "aws_smithy_http_client=info",
    "aws_smithy_runtime=info",
    "aws_smithy_runtime_api=info",
    "aws_smithy_types=info",
    "h2=info",
    "hyper=info",
    "hyper_util=info",
    "reqwest=info",
    "rustls=info",
];
