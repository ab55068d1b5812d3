//! The formats of manifests: a file and an entry in [`FORMATS`] each. The first object of a manifest tells its format.

mod action_atlas;
mod generated_items;
pub(in crate::eval) mod masks;
mod own;
mod values;

use super::format::Format;

/// All formats. The first that recognizes an object reads it; the program's own recognizes any.
pub const FORMATS: [&Format; 3] = [&generated_items::FORMAT, &action_atlas::FORMAT, &own::FORMAT];
