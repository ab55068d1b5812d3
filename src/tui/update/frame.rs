//! Which frame is decoded anew, for the frame view.

use crate::tui::action::Effect;
use crate::tui::frame_picture::{FramePicture, FrameRequest};
use crate::tui::state::{State, View};
use crate::tui::view::frame_size;

/// Largest width and height of a picture in pixels. Larger ones take long to send to a terminal at the end of a network.
const MOST: (u32, u32) = (1280, 720);
/// The same while the clip plays.
const MOST_PLAYING: (u32, u32) = (320, 180);

/// Asks for the frame under the cursor, unless it is there or on its way.
pub fn request(state: &mut State) {
    if state.view != View::Frame {
        return;
    }
    let clip = state.clip();
    let Some((ordinal, time)) = clip.frame_at_cursor() else { return };
    let is_thumbnail = clip.thumbnail(time).is_some_and(|(_, found)| found.picture.ordinal == ordinal);
    let most = match state.playing {
        // The thumbnail is as large.
        Some(_) if is_thumbnail => return,
        Some(_) => MOST_PLAYING,
        None => MOST,
    };
    let Some((width, height)) = frame_size(state) else { return };
    let most = (width.min(most.0), height.min(most.1));
    let is_asked =
        state.frame_asked.is_some_and(|asked| asked.is_of(state.shown, ordinal) && asked.most == most);
    // Masks may count from the first frame, which is decoded first.
    if is_asked || clip.progress.decoded == 0 {
        return;
    }
    let first = clip.sampled.iter().min().copied().unwrap_or(ordinal);
    let wanted = FrameRequest { clip: state.shown, ordinal, time, first, most };
    state.frame_asked = Some(wanted);
    state.effects.push(Effect::DecodeFrame(wanted));
}

/// Takes the picture that was asked for last; others are stale.
pub fn decoded(state: &mut State, picture: FramePicture) {
    if state.frame_asked == Some(picture.request) {
        state.frame_picture = Some(picture);
    }
}
