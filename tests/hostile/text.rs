//! Control characters, byte order marks and drafts of language models.
