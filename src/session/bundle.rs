//! The demo's files, which are part of the program. They are unpacked into the data folder.

use std::collections::HashSet;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::SystemTime;

use color_eyre::eyre::{Result, eyre};
use include_dir::{Dir, File, include_dir};

use crate::files::atomic_write::{self, write_atomically};
use crate::files::folders::Folder;

static FILES: Dir = include_dir!("$CARGO_MANIFEST_DIR/assets/demo");

/// Named after the contents, so that a program with other files never reads these.
static FOLDER: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    for file in files(&FILES) {
        hasher.write(file.path().as_os_str().as_encoded_bytes());
        hasher.write_usize(file.contents().len());
        hasher.write(file.contents());
    }
    format!("demo-{:016x}", hasher.finish())
});

/// The demo's clips, scripts and model, on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    folder: PathBuf,
}

impl Bundle {
    /// Unpacks the demo into the program's data folder, except for files that are there already.
    ///
    /// # Errors
    /// If there is no data folder, or it cannot be written.
    pub fn unpack() -> Result<Self> {
        Self::unpack_into(&Folder::Data.path()?)
    }

    /// Unpacks the demo into its own folder in `data`. Missing and changed files are written, each atomically, so that
    /// several processes can do this at once.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn unpack_into(data: &Path) -> Result<Self> {
        let bundle = Self { folder: data.join(FOLDER.as_str()) };
        let mut swept = HashSet::new();
        for file in files(&FILES) {
            let path = bundle.folder.join(file.path());
            let folder = path.parent().unwrap_or(&bundle.folder);
            if swept.insert(folder.to_owned()) {
                atomic_write::sweep(folder, SystemTime::now());
            }
            if !holds(&path, file.contents()) {
                fs::create_dir_all(folder)
                    .and_then(|()| write_atomically(&path, file.contents()))
                    .map_err(|error| {
                        eyre!(
                            "cannot unpack the demo: cannot write {}: {error}\nhelp: make room there, or set {} to a writable \
                             folder",
                            path.display(),
                            Folder::Data.variable()
                        )
                    })?;
            }
        }
        Ok(bundle)
    }

    /// The folder: as written by `actalign-world render`, with the checkpoint in `model`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The checkpoint's folder.
    pub fn model(&self) -> PathBuf {
        self.folder.join("model")
    }

    /// The script file.
    pub fn scripts(&self) -> PathBuf {
        self.folder.join("scripts.json")
    }
}

/// Whether a file holds exactly these bytes. The length alone does not tell: a failing disk may change bytes.
fn holds(path: &Path, contents: &[u8]) -> bool {
    let length = fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|found| found.len());
    length == Some(contents.len() as u64) && fs::read(path).is_ok_and(|found| found == contents)
}

/// All files of a folder, recursively.
fn files<'a>(folder: &'a Dir<'a>) -> impl Iterator<Item = &'a File<'a>> {
    let within: Box<dyn Iterator<Item = &File>> = Box::new(folder.dirs().flat_map(files));
    folder.files().chain(within)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Every file below a folder with its bytes and modification time.
    fn listing(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(listing(&path));
            } else {
                let changed = fs::metadata(&path).unwrap().modified().unwrap();
                found.insert(path.clone(), (fs::read(&path).unwrap(), changed));
            }
        }
        found
    }

    #[test]
    fn unpacking_again_writes_nothing() {
        let data = tempfile::tempdir().unwrap();
        let bundle = Bundle::unpack_into(data.path()).unwrap();
        let first = listing(data.path());
        assert_eq!(first.len(), files(&FILES).count());
        assert!(bundle.model().join("model.safetensors").is_file() && bundle.scripts().is_file());
        assert_eq!(Bundle::unpack_into(data.path()).unwrap(), bundle);
        assert_eq!(listing(data.path()), first);
    }

    #[test]
    fn missing_truncated_and_changed_files_are_repaired() {
        let data = tempfile::tempdir().unwrap();
        let bundle = Bundle::unpack_into(data.path()).unwrap();
        let contents = || listing(data.path()).into_iter().map(|(path, (bytes, _))| (path, bytes));
        let whole: Vec<_> = contents().collect();
        fs::remove_file(bundle.scripts()).unwrap();
        fs::remove_dir_all(bundle.folder().join("clips")).unwrap();
        fs::write(bundle.model().join("model.safetensors"), "half").unwrap();
        let config = bundle.model().join("config.json");
        fs::write(&config, " ".repeat(fs::read(&config).unwrap().len())).unwrap();
        Bundle::unpack_into(data.path()).unwrap();
        assert!(contents().eq(whole));
    }

    #[test]
    fn concurrent_unpacking_leaves_one_complete_copy() {
        let data = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..6).map(|_| scope.spawn(|| Bundle::unpack_into(data.path()))).collect();
            assert!(all.into_iter().all(|one| one.join().unwrap().is_ok()));
        });
        assert_eq!(listing(data.path()).len(), files(&FILES).count(), "and no temporary file");
        for file in files(&FILES) {
            let path = data.path().join(FOLDER.as_str()).join(file.path());
            assert_eq!(fs::read(path).unwrap(), file.contents());
        }
    }

    #[test]
    fn an_unwritable_folder_is_named_with_advice() {
        let data = tempfile::tempdir().unwrap();
        let occupied = data.path().join("file");
        fs::write(&occupied, "").unwrap();
        let error = Bundle::unpack_into(&occupied).unwrap_err().to_string();
        assert!(error.contains(&occupied.display().to_string()), "{error}");
        assert!(error.contains("ACTALIGN_DATA_DIR"), "{error}");
    }
}
