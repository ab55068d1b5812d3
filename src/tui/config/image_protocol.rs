//! By which means a terminal draws pictures.

use clap::ValueEnum;

/// How pictures are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub enum ImageProtocol {
    /// By the best means that the terminal has
    #[default]
    Auto,
    /// By kitty's graphics protocol
    Kitty,
    /// By iTerm2's inline images
    Iterm2,
    /// In Sixels
    Sixel,
    /// In coloured half blocks
    Halfblocks,
    /// Not at all
    None,
}
