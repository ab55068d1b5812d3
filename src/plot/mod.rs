//! Drawing for the screen, figures and text: colours, scales, time axis, text fitting, tables, heatmaps, SVG.

pub mod candidates;
pub mod colour;
pub mod confidence;
pub mod font;
pub mod format;
pub mod heatmap;
pub mod ledger;
pub mod order;
pub mod scale;
pub mod svg;
pub mod table;
pub mod text;
pub mod time_axis;
