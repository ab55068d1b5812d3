use std::env;
use std::path::PathBuf;

use directories::ProjectDirs;
use thiserror::Error;

/// The folders in which the program keeps its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folder {
    Config,
    /// Drafts and the demo.
    Data,
    /// Files that can be made again.
    Cache,
}

/// There is no such folder, for example because the user has no home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this system has no folder for {} files\nhelp: set {} to a folder that can be written", .0.what(), .0.variable())]
pub struct NoFolder(Folder);

impl Folder {
    /// The environment variable that overrides the system's folder.
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

    /// By its variable, or else the system's folder for such files. It need not exist.
    pub fn path(self) -> Result<PathBuf, NoFolder> {
        let set = env::var_os(self.variable()).map(PathBuf::from);
        self.path_from(set, ProjectDirs::from("", "", "actalign-tui"))
    }

    fn path_from(self, set: Option<PathBuf>, system: Option<ProjectDirs>) -> Result<PathBuf, NoFolder> {
        if let Some(path) = set.filter(|path| !path.as_os_str().is_empty()) {
            return Ok(path);
        }
        let folders = system.ok_or(NoFolder(self))?;
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
    fn the_variable_overrides_the_system_unless_it_is_empty() {
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
