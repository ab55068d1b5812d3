//! Patches of the frames that were looked at last.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::backbone::{ModelError, PreparedImage, Tower};
use crate::explain::{FramePatches, Grid, Mask};
use crate::explore::model::Model;

/// Frames whose patches are kept: at most 12 MB for the largest models.
const KEPT: usize = 32;

/// The mask of all maps that users see: the best of those that docs/method.md compares.
const MASK: Mask = Mask::Blur;

/// The windows of a picture that is prepared for a model.
pub fn patch_grid(model: &Model, picture: &PreparedImage) -> Grid {
    Grid::new(picture.width, picture.height, model.checkpoint().patch_size())
}

/// Embeds a frame, `height` rows of `width` RGB pixels, and its masked pictures. Before each batch, `goes_on` gets the number of
/// those done, and of all; once it is false, the answer is `None`.
///
/// # Errors
/// If the image tower cannot be loaded, or fails.
pub fn embed_patches(
    model: &Model,
    rgb: &[u8],
    (width, height): (u32, u32),
    mut goes_on: impl FnMut(usize, usize) -> bool,
) -> Result<Option<FramePatches>, ModelError> {
    let tower = model.vision()?;
    let preprocessor = model.checkpoint().preprocessor();
    let picture = preprocessor.prepare(rgb, width, height);
    let grid = patch_grid(model, &picture);
    let goes_on = |done| goes_on(done, grid.pictures());
    let found = FramePatches::embed(&tower, &picture, grid, MASK, model.batch(Tower::Vision), goes_on)?;
    Ok(found.map(|patches| patches.within(preprocessor.region(width, height))))
}

/// Patches by the ordinals of their frames, the latest last.
#[derive(Clone, Debug, Default)]
pub struct RecentPatches {
    frames: VecDeque<(u64, Arc<FramePatches>)>,
}

impl RecentPatches {
    pub fn push(&mut self, ordinal: u64, patches: FramePatches) {
        self.frames.retain(|(other, _)| *other != ordinal);
        self.frames.push_back((ordinal, Arc::new(patches)));
        if self.frames.len() > KEPT {
            self.frames.pop_front();
        }
    }

    pub fn get(&self, ordinal: u64) -> Option<&FramePatches> {
        self.frames.iter().find(|(other, _)| *other == ordinal).map(|(_, patches)| &**patches)
    }
}
