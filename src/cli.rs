//! Arguments in, one command out.

pub mod align;
