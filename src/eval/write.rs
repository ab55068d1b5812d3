//! Writing results to files.

use std::path::Path;

use color_eyre::eyre::{Result, WrapErr, eyre};

use crate::eval::figure;
use crate::eval::results::Results;
use crate::files::atomic_write::write_atomically;
use crate::plot::svg::png;
use crate::plot::table::Style;
use crate::visible::visible_json;

/// Writes `results.json`, `.md`, `.csv`, `.svg` and `.png`, `classes.csv`, `confusion.csv`, `disagreements.csv`, and
/// `coverage.csv`, `.svg` and `.png` into a folder, each atomically.
///
/// # Errors
/// If a file cannot be written. Those before it are written.
pub fn write(folder: &Path, results: &Results) -> Result<()> {
    let document = serde_json::to_string_pretty(results).wrap_err("cannot write the results as JSON")?;
    let document = visible_json(&document) + "\n";
    for (name, text) in [
        ("results.json", document),
        ("results.md", results.tables(Style::Markdown)),
        ("results.csv", results.rows_csv()),
        ("classes.csv", results.classes_csv()),
        ("confusion.csv", results.confusion_csv()),
        ("disagreements.csv", results.disagreements_csv()),
        ("coverage.csv", results.coverage_csv()),
    ] {
        put(folder, name, text.as_bytes())?;
    }
    for (name, figure) in [("results", figure::svg(results)), ("coverage", figure::coverage::svg(results))] {
        put(folder, &format!("{name}.svg"), figure.as_bytes())?;
        put(folder, &format!("{name}.png"), &png(&figure)?)?;
    }
    Ok(())
}

fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = folder.join(name);
    write_atomically(&path, bytes).map_err(|error| eyre!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::eval::sample;

    #[test]
    fn an_error_names_the_file() {
        let folder = TempDir::new().unwrap();
        let results = sample::results(&["mean-pool", "+smoothing"], &[([0, 1], "late"), ([1, 0], "")]);
        fs::create_dir(folder.path().join("classes.csv")).unwrap();
        let error = write(folder.path(), &results).unwrap_err().to_string();
        assert!(error.contains("classes.csv"), "{error}");
    }
}
