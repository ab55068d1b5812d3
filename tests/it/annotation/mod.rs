//! Annotation formats, against what other tools read and write.

mod formats;
