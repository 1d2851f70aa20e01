//! Every name on record, for whoever takes them out of what strangers see. Rows that are damaged have names as well.

use std::path::Path;

use serde_json::Value;

use super::{Reader, classify};
use crate::error::Result;
use crate::file::names;
use crate::journal::rows::path_from;

/// As they are in the records: of files and folders, and keys.
const TEXTS: [&str; 6] = [
    "SELECT key FROM transfers",
    "SELECT rel FROM transfers",
    "SELECT rel FROM skips",
    "SELECT name FROM items",
    "SELECT name FROM history",
    "SELECT under FROM sweeps",
];
/// Where they lie.
const PATHS: [&str; 5] = [
    "SELECT path FROM transfers",
    "SELECT path FROM items",
    "SELECT path FROM watches",
    "SELECT folder FROM watched",
    "SELECT name FROM watched",
];
/// What begins the key of each.
const SCOPES: &str = "SELECT scope FROM batches WHERE scope IS NOT NULL";

impl Reader {
    /// All of them: names, keys, prefixes and paths within a folder. What cannot be read is left out.
    pub(crate) fn names(&self) -> Vec<String> {
        let texts = TEXTS.iter().flat_map(|sql| self.all::<String>(sql, |row| row.get(0)).unwrap_or_default());
        let path = |bytes: Vec<u8>| {
            let path = path_from(bytes);
            // What is on the way to it is everybody's, and goes with whole paths.
            let last = path.file_name().filter(|_| path.is_absolute()).map(Path::new);
            names::shown(last.unwrap_or(&path))
        };
        let paths = PATHS.iter().flat_map(|sql| self.all(sql, |row| row.get(0).map(path)).unwrap_or_default());
        let prefix = |scope: String| {
            let scope: Value = serde_json::from_str(&scope).ok()?;
            scope["prefix"].as_str().map(str::to_owned)
        };
        let scopes = self.all(SCOPES, |row| row.get(0).map(prefix)).unwrap_or_default();
        texts.chain(paths).chain(scopes.into_iter().flatten()).collect()
    }

    fn all<T>(&self, sql: &str, map: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare(sql).map_err(classify)?;
        let rows = statement.query_map([], map).map_err(classify)?;
        // A row of another kind than it should be is passed over.
        Ok(rows.filter_map(std::result::Result::ok).collect())
    }
}
