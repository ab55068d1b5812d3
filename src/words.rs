//! Errors in words for the user.

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
