//! The local cloud, asked by the real SDKs.
