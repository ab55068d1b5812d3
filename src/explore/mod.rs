//! One clip and its candidate classes: what the explorer shows, `classify` prints and a snapshot keeps.

mod report;

pub use report::{ClassReport, Report, ReportError, Settings, report};
