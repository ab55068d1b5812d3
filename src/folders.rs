//! Where the program keeps its files.

use std::env;
use std::path::PathBuf;

use directories::ProjectDirs;
use thiserror::Error;

/// A folder of the program's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folder {
    /// What the user has set.
    Config,
    /// What the program needs again.
    Data,
    /// What can be made again.
    Cache,
}

/// The system names no folder, for example because the user has no home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "this system names no folder for the program's {what} files; set {variable} to a folder that can be written"
)]
pub struct NoFolder {
    what: &'static str,
    variable: &'static str,
}

impl Folder {
    /// The environment variable that names the folder in place of the system.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Config => "ACTALIGN_CONFIG_DIR",
            Self::Data => "ACTALIGN_DATA_DIR",
            Self::Cache => "ACTALIGN_CACHE_DIR",
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Data => "data",
            Self::Cache => "cache",
        }
    }

    /// The folder, which need not exist: what its variable says, else the system's place for such files.
    ///
    /// # Errors
    /// If neither names one.
    pub fn path(self) -> Result<PathBuf, NoFolder> {
        self.path_from(
            env::var_os(self.variable()).map(PathBuf::from),
            ProjectDirs::from("", "", "actalign-tui"),
        )
    }

    fn path_from(self, set: Option<PathBuf>, system: Option<ProjectDirs>) -> Result<PathBuf, NoFolder> {
        if let Some(path) = set.filter(|path| !path.as_os_str().is_empty()) {
            return Ok(path);
        }
        let folders = system.ok_or(NoFolder { what: self.what(), variable: self.variable() })?;
        Ok(match self {
            Self::Config => folders.config_dir(),
            Self::Data => folders.data_dir(),
            Self::Cache => folders.cache_dir(),
        }
        .to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_comes_before_the_system_and_an_empty_one_does_not_count() {
        let system = || ProjectDirs::from_path("actalign".into());
        for folder in [Folder::Config, Folder::Data, Folder::Cache] {
            assert_eq!(folder.path_from(Some("here".into()), system()), Ok("here".into()));
            let of_system = folder.path_from(Some("".into()), system()).unwrap();
            assert!(of_system.is_absolute() && of_system.ends_with("actalign"), "{of_system:?}");
            let none = folder.path_from(None, None).unwrap_err().to_string();
            assert!(none.contains(folder.variable()), "{none}");
        }
    }
}
