//! `actalign-tui align`: alignment only, on embeddings made elsewhere.
