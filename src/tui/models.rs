//! The language models that the explorer may ask.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use color_eyre::eyre::{Report, ensure};

use crate::error_chain::error_chain;
use crate::explore::{ClipPictures, Job, jpegs};
use crate::llm::{Event, Generator, LlmError, Viewer};
use crate::script::{Class, ClassId};

/// The language models of a session.
#[derive(Clone, Default)]
pub struct Models {
    pub writer: Option<Arc<Mutex<Generator>>>,
    /// Names the candidate that it sees in frames.
    pub vlm: Option<Vlm>,
}

/// A vision-language model.
#[derive(Clone)]
pub struct Vlm {
    pub name: String,
    /// How many frames it is shown.
    pub frames: usize,
    pub viewer: Arc<Mutex<Viewer>>,
}

/// A class whose script is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The class, unless it is new.
    pub class: Option<ClassId>,
    pub name: String,
    pub domain: String,
}

/// Has a script written. `is_cancelled` is asked between two requests.
///
/// # Errors
/// Why there is no script, as text.
pub fn write_script(
    writer: &Mutex<Generator>,
    wanted: &Wanted,
    is_cancelled: impl Fn() -> bool,
) -> Result<Class, String> {
    let mut watch =
        |_: Event| if is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
    match writer.generate(&wanted.domain, std::slice::from_ref(&wanted.name), &mut watch) {
        Ok(generated) => generated.classes.into_iter().next().ok_or_else(|| {
            generated.left_out.first().map_or_else(
                || "the model wrote none".to_owned(),
                |left| format!("its script keeps breaking the rules: {}", left.reason),
            )
        }),
        Err(LlmError::Stopped) => Err("it was stopped".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Shows frames of a clip to the model. Returns the class that it names.
///
/// # Errors
/// Why it names none, as text.
pub fn ask_vlm(
    viewer: &Mutex<Viewer>,
    job: &Job,
    classes: &[(ClassId, String)],
    ordinals: &[u64],
    domain: &str,
) -> Result<ClassId, String> {
    let chosen = || -> Result<_, Report> {
        ensure!(
            job.rows_per_second.is_none(),
            "a vision-language model needs a video, and there are embeddings alone"
        );
        let footage = ClipPictures {
            video: &job.clip,
            sampling: job.sampling,
            segment: job.segment,
            masks: &job.masks,
        };
        let pictures = jpegs(footage, ordinals)?;
        let names: Vec<String> = classes.iter().map(|(_, name)| name.clone()).collect();
        let mut watch = |_: Event| ControlFlow::Continue(());
        let mut viewer = viewer.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(viewer.choose(domain, &names, &pictures, &mut watch)?)
    };
    let place = chosen().map_err(|error| error_chain(&error))??;
    classes.get(place).map(|(id, _)| *id).ok_or_else(|| "no candidate".to_owned())
}
