//! Errors in words for the user.

use std::any::Any;

use color_eyre::eyre::Report;

/// An error with its causes on one line. A cause that the line names already is not said again.
pub fn in_words(report: &Report) -> String {
    let mut line = report.to_string();
    for cause in report.chain().skip(1).map(ToString::to_string) {
        if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}

/// The message of a caught panic.
pub(crate) fn panic_in_words(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::in_words;
    use color_eyre::eyre::{WrapErr, eyre};

    #[test]
    fn every_cause_is_said_once() {
        let error =
            Err::<(), _>(eyre!("no such file")).wrap_err("clip.mp4: no such file").wrap_err("cannot start");
        assert_eq!(in_words(&error.unwrap_err()), "cannot start: clip.mp4: no such file");
    }
}
