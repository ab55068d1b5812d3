//! Files that are no regular files, are too large, or cannot be written.
